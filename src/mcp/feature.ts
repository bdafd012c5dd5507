import { mcpRoutes } from './routes.ts'
import { McpAnswer, McpMessage } from './schemas.ts'

export const mcpFeature = { schemas: [McpMessage, McpAnswer], routes: mcpRoutes, needsInventory: false }
