import { buildRoutes } from './routes.ts'
import { buildRpc } from './rpc.ts'
import { BUILD_SCHEMAS } from './schemas.ts'

export const buildFeature = {
  schemas: BUILD_SCHEMAS,
  routes: buildRoutes,
  rpc: buildRpc,
  needsInventory: false
}
