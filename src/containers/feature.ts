import { containerRoutes } from './routes.ts'
import { containerRpc } from './rpc.ts'
import { SHARED_SCHEMAS } from './schemas.ts'

export const containerFeature = {
  schemas: SHARED_SCHEMAS,
  routes: containerRoutes,
  rpc: containerRpc,
  needsInventory: true
}
