import { pageRoutes } from './routes.ts'

export const pageFeature = {
  schemas: [],
  routes: pageRoutes,
  needsInventory: false
}
