import { buildPushRoutes } from './build-push/routes.ts'
import { dockerfileBuildRoutes } from './dockerfile-build/routes.ts'
import { COMPAT_SCHEMAS } from './schemas.ts'

type Parts = Parameters<typeof buildPushRoutes>[1] & Parameters<typeof dockerfileBuildRoutes>[1]

export const compatFeature = {
  schemas: COMPAT_SCHEMAS,
  routes: async (app: Parameters<typeof buildPushRoutes>[0], parts: Parts) => {
    await app.register(buildPushRoutes, parts)
    await app.register(dockerfileBuildRoutes, parts)
  },
  needsInventory: false
}
