import { nodeRoutes } from './routes.ts'
import { nodeRpc } from './rpc.ts'
import { NODE_SCHEMAS } from './schemas.ts'

export const nodeFeature = {
  schemas: NODE_SCHEMAS,
  routes: nodeRoutes,
  rpc: nodeRpc,
  needsInventory: true
}
