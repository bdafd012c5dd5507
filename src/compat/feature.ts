import { buildPushRoutes } from './build-push/routes.ts'
import { dockerfileBuildRoutes } from './dockerfile-build/routes.ts'
import { COMPAT_SCHEMAS } from './schemas.ts'

type Parts = Parameters<typeof buildPushRoutes>[1] & Parameters<typeof dockerfileBuildRoutes>[1]

// Since the first day of Berth (RFC 9745). Why no Sunset: docs/decisions/160-no-sunset-of-older-calls.md
const SINCE = `@${Date.parse('2026-11-20T00:00:00Z') / 1000}`

export const compatFeature = {
  schemas: COMPAT_SCHEMAS,
  routes: async (app: Parameters<typeof buildPushRoutes>[0], parts: Parts) => {
    app.addHook('onSend', async (_request, reply) => {
      reply.headers({ deprecation: SINCE, link: '</builds>; rel="successor-version"' })
    })
    await app.register(buildPushRoutes, parts)
    await app.register(dockerfileBuildRoutes, parts)
  },
  needsInventory: false
}
