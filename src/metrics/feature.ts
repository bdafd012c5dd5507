import { metricsRoutes } from './routes.ts'

export const metricsFeature = {
  schemas: [],
  routes: metricsRoutes,
  needsInventory: false
}
