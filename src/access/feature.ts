import { accessRoutes } from './routes.ts'
import { ACCESS_SCHEMAS } from './schemas.ts'

export const accessFeature = {
  schemas: ACCESS_SCHEMAS,
  routes: accessRoutes,
  needsInventory: false
}
