import { Type, type Static } from '@sinclair/typebox'
import { DateTime, words } from '../lib/schema.ts'

export const About = Type.Object(
  {
    name: Type.String({ examples: ['Berth'] }),
    message: Type.String(),
    version: Type.String(),
    docs: Type.String(),
    reading_view: Type.String(),
    openapi: Type.String(),
    endpoints: Type.Array(Type.String(), { examples: [['GET /containers', 'POST /containers/create']] })
  },
  { $id: 'About' }
)

export const Health = Type.Object(
  {
    status: words(['healthy', 'degraded'] as const),
    docker: words(['connected', 'unavailable'] as const),
    engine: words(['available', 'unavailable'] as const),
    engine_name: Type.Optional(Type.String()),
    engine_version: Type.Optional(Type.String()),
    engine_api_version: Type.Optional(Type.String()),
    engine_address: Type.Optional(Type.String()),
    engine_source: Type.Optional(Type.String({ description: 'How Berth found the engine.' })),
    engine_reason: Type.Optional(Type.String({ description: 'Why it does not answer.' })),
    engine_since: Type.Optional(DateTime({ description: 'Since when.' })),
    version: Type.String(),
    uptime_seconds: Type.Integer()
  },
  { $id: 'Health' }
)
export type Health = Static<typeof Health>
