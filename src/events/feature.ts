import { eventRoutes } from './routes.ts'
import { eventRpc } from './rpc.ts'

export const eventFeature = {
  schemas: [],
  routes: eventRoutes,
  rpc: eventRpc,
  needsInventory: false
}
