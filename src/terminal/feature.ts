import { terminalRoutes } from './routes.ts'
import { terminalRpc } from './rpc.ts'

export const terminalFeature = {
  schemas: [],
  routes: terminalRoutes,
  rpc: terminalRpc,
  needsInventory: true
}
