import { Type } from '@sinclair/typebox'
import type { TSchema } from '@sinclair/typebox'

const ProblemBody = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String({ description: 'What was wrong.' }),
    code: Type.String({ description: 'The same for every error of this kind.' }),
    hint: Type.String({ description: 'What to do, or where to look.' })
  },
  {
    examples: [
      {
        type: 'about:blank',
        title: 'Bad Request',
        status: 400,
        detail: 'seconds must be 1 or more.',
        code: 'INVALID_REQUEST',
        hint: 'GET /openapi.json and /docs describe POST /load/cpu.'
      }
    ]
  }
)
export const Problem = {
  description: 'The request was not accepted: `detail` says why, `hint` what to do.',
  content: { 'application/problem+json': { schema: ProblemBody } }
}

// A client may leave it out, a handler always finds it: the validator fills in the default.
const defaulted = <T extends TSchema>(schema: T): T => Type.Optional(schema) as unknown as T

const exact = { additionalProperties: false }

export const Root = Type.Object(
  {
    name: Type.String({ examples: ['base-api-server'] }),
    version: Type.String({ examples: ['1.0.0'] }),
    hostname: Type.String({ description: 'Inside a container: its short id.', examples: ['4f1c2a9be07d'] }),
    host_port: Type.Union([Type.Integer(), Type.Null()], {
      description: 'The port on the host that leads here, from `HOST_PORT`.',
      examples: [8001]
    }),
    uptime_seconds: Type.Number({ examples: [12.3] }),
    endpoints: Type.Record(Type.String(), Type.String(), {
      description: 'Every route of this server, with one sentence.',
      examples: [{ 'GET /health': 'Answers while the process runs' }]
    })
  },
  { description: 'Where and what this server is.' }
)

export const Health = Type.Object(
  {
    status: Type.Literal('healthy'),
    uptime_seconds: Type.Number({ examples: [12.3] })
  },
  { description: 'The process runs and answers.' }
)

const seconds = defaulted(
  Type.Integer({ minimum: 1, maximum: 3600, default: 30, description: 'How long, in seconds.' })
)

export const CpuLoad = Type.Object(
  {
    seconds,
    percent: defaulted(
      Type.Integer({ minimum: 1, maximum: 100, default: 100, description: 'Share of one processor core.' })
    )
  },
  { ...exact, examples: [{ seconds: 30, percent: 80 }] }
)

export const MemoryLoad = Type.Object(
  {
    megabytes: Type.Integer({
      minimum: 1,
      maximum: 4096,
      description: 'In MiB. More than the container may have ends it: exit code 137, killed for want of memory.'
    }),
    seconds
  },
  { ...exact, examples: [{ megabytes: 128, seconds: 30 }] }
)

export const Load = Type.Object(
  {
    id: Type.Integer(),
    kind: Type.Unsafe<'cpu' | 'memory'>({ type: 'string', enum: ['cpu', 'memory'] }),
    percent: Type.Optional(Type.Integer({ description: 'Only for `cpu`.' })),
    megabytes: Type.Optional(Type.Integer({ description: 'Only for `memory`.' })),
    started_at: Type.String({ format: 'date-time' }),
    ends_at: Type.String({ format: 'date-time' })
  },
  {
    description: 'One load that is running.',
    examples: [
      {
        id: 1,
        kind: 'cpu',
        percent: 80,
        started_at: '2026-01-01T12:00:00.000Z',
        ends_at: '2026-01-01T12:00:30.000Z'
      }
    ]
  }
)

export const Loads = Type.Object(
  {
    loads: Type.Array(Load),
    rss_megabytes: Type.Integer({ description: 'Memory of the whole process, in MiB.', examples: [180] })
  },
  { description: 'What is running now, oldest first.' }
)

export const Ended = Type.Object(
  { ended: Type.Integer({ description: 'How many loads were running.', examples: [2] }) },
  { description: 'Nothing is running any more.' }
)

export const DataQuery = Type.Object(
  {
    size: defaulted(
      Type.Integer({
        minimum: 0,
        maximum: 1024 ** 3,
        default: 1024 ** 2,
        description: 'How many bytes, at most 1 GiB.',
        examples: [10_485_760]
      })
    )
  },
  exact
)

export const Echo = Type.Object(
  {
    content_type: Type.Union([Type.String(), Type.Null()], { examples: ['application/json'] }),
    bytes: Type.Integer({ description: 'Length of the body on the wire.', examples: [17] }),
    body: Type.Unknown({
      description: 'JSON as it was understood, anything else as text.',
      examples: [{ hello: 'world' }]
    })
  },
  { description: 'What arrived.' }
)

export const LogQuery = Type.Object(
  {
    lines: defaulted(Type.Integer({ minimum: 1, maximum: 10_000, default: 10, description: 'How many lines.' })),
    stream: defaulted(
      Type.Unsafe<'stdout' | 'stderr'>({
        type: 'string',
        enum: ['stdout', 'stderr'],
        default: 'stdout',
        description: 'Where they go.'
      })
    ),
    text: defaulted(
      Type.String({ maxLength: 200, default: 'The quick brown fox', description: 'What each line says.' })
    )
  },
  exact
)

export const Written = Type.Object(
  {
    lines: Type.Integer({ examples: [10] }),
    stream: Type.String({ examples: ['stdout'] })
  },
  { description: 'The lines are in the log.' }
)

export const Exit = Type.Object(
  {
    code: defaulted(
      Type.Integer({ minimum: 0, maximum: 255, default: 1, description: 'The exit code of the process.' })
    )
  },
  { ...exact, examples: [{ code: 3 }] }
)

export const Exiting = Type.Object(
  { code: Type.Integer({ examples: [3] }) },
  { description: 'The process ends as soon as this answer is sent.' }
)
