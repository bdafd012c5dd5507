// The request that opens a terminal.

import { Type } from '@sinclair/typebox'
import { formed, record } from '../lib/schema.ts'

const Size = {
  cols: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 80 })),
  rows: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 24 }))
}

export const StartTerminal = Type.Object(
  {
    command: Type.Optional(
      Type.Array(Type.String({ maxLength: 65536 }), {
        minItems: 1,
        maxItems: 1024,
        description: 'Program and arguments. Defaults to the best shell of the image.'
      })
    ),
    env: Type.Optional(record(Type.String({ maxLength: 65536 }), { maxProperties: 512 })),
    working_dir: Type.Optional(formed('^/[^\\u0000]*$', 'must be an absolute path, such as /data', { maxLength: 512 })),
    user: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
    ...Size
  },
  { additionalProperties: false }
)

export const ResumeTerminal = Type.Object(
  {
    session: Type.String({ maxLength: 64 }),
    received: Type.Optional(Type.Integer({ minimum: 0 })),
    ...Size
  },
  { additionalProperties: false }
)

export const SIGNALS = ['HUP', 'INT', 'QUIT', 'KILL', 'TERM', 'USR1', 'USR2', 'CONT', 'TSTP'] as const

export const TerminalParams = Type.Object({
  id: Type.String({
    maxLength: 128,
    description: 'Name, short id, full id, or a unique prefix of an id.',
    examples: ['my-api-server']
  })
})
