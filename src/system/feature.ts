import { systemRoutes } from './routes.ts'
import { systemRpc } from './rpc.ts'
import { SYSTEM_SCHEMAS } from './schemas.ts'

export const systemFeature = {
  schemas: SYSTEM_SCHEMAS,
  routes: systemRoutes,
  rpc: systemRpc,
  needsInventory: false
}
