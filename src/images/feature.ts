import { imageRoutes } from './routes.ts'
import { imageRpc } from './rpc.ts'
import { IMAGE_SCHEMAS } from './schemas.ts'

export const imageFeature = {
  schemas: IMAGE_SCHEMAS,
  routes: imageRoutes,
  rpc: imageRpc,
  needsInventory: true
}
