import { portRoutes } from './routes.ts'
import { portRpc } from './rpc.ts'
import { PortOverview } from './schemas.ts'

export const portFeature = {
  schemas: [PortOverview],
  routes: portRoutes,
  rpc: portRpc,
  needsInventory: true
}
