import { volumeRoutes } from './routes.ts'
import { volumeRpc } from './rpc.ts'
import { VOLUME_SCHEMAS } from './schemas.ts'

export const volumeFeature = {
  schemas: VOLUME_SCHEMAS,
  routes: volumeRoutes,
  rpc: volumeRpc,
  needsInventory: true
}
