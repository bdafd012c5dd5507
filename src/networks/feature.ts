import { networkRoutes } from './routes.ts'
import { networkRpc } from './rpc.ts'
import { NETWORK_SCHEMAS } from './schemas.ts'

export const networkFeature = {
  schemas: NETWORK_SCHEMAS,
  routes: networkRoutes,
  rpc: networkRpc,
  needsInventory: true
}
