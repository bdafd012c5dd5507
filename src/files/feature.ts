import { fileRoutes } from './routes.ts'
import { fileRpc } from './rpc.ts'
import { FILE_SCHEMAS } from './schemas.ts'

export const fileFeature = {
  schemas: FILE_SCHEMAS,
  routes: fileRoutes,
  rpc: fileRpc,
  needsInventory: true
}
