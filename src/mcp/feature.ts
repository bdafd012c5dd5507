import { mcpRoutes } from './routes.ts'
import { McpMessage } from './schemas.ts'

export const mcpFeature = { schemas: [McpMessage], routes: mcpRoutes, needsInventory: false }
