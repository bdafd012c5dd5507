import { statsRoutes } from './routes.ts'
import { statsRpc } from './rpc.ts'
import { STATS_SCHEMAS } from './schemas.ts'

export const statsFeature = {
  schemas: STATS_SCHEMAS,
  routes: statsRoutes,
  rpc: statsRpc,
  needsInventory: true
}
