import { BerthEvent } from './query.ts'
import { eventRoutes } from './routes.ts'
import { eventRpc } from './rpc.ts'

export const eventFeature = {
  schemas: [BerthEvent],
  routes: eventRoutes,
  rpc: eventRpc,
  needsInventory: false
}
