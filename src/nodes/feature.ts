import { nodeRoutes } from './routes.ts'
import { NODE_SCHEMAS } from './schemas.ts'

export const nodeFeature = {
  schemas: NODE_SCHEMAS,
  routes: nodeRoutes,
  needsInventory: true
}
