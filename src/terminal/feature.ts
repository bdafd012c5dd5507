import { terminalRoutes } from './routes.ts'

export const terminalFeature = {
  schemas: [],
  routes: terminalRoutes,
  needsInventory: true
}
