// Fields that several requests about containers share.

import { Type } from '@sinclair/typebox'
import { form, orWritten, record, words } from '../lib/schema.ts'

const ENV_NAME = '^[A-Za-z_][A-Za-z0-9_.-]*$'
const ENV_RULE =
  'is not a name of a variable: it must be letters, digits, _, . and - that begin with a letter or _, such as LOG_LEVEL'
// The limit of Linux itself; the server's own ceilings are lower.
const MOST_CPUS = 8192
const MOST_PIDS = 4_194_304
const MOST_FILES = 2_147_483_584
const MAX_WAIT_SECONDS = 300
const MAX_TTL_SECONDS = 366 * 24 * 3600

export const IMAGE = '^[a-zA-Z0-9][a-zA-Z0-9._/:@-]{0,254}$'
export const IMAGE_RULE = 'must be the name of an image, such as nginx:1.27 or registry.example.com/team/app:1.0'
export const NAME = '^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,62}$'
export const NAME_RULE =
  'must be 2 to 63 letters, digits, dots, dashes and underscores that begin with a letter or digit, such as web-1'
// As sent in a URL: spaces and characters outside ASCII are percent-encoded.
export const URL_PATH = '^/[\\x21-\\x7e]*$'
export const URL_PATH_RULE = 'must begin with / and have no spaces, such as /health'
// A path of a file.
export const PATH = '^/[^\\u0000]*$'
export const PATH_RULE = 'must be an absolute path, such as /data'
export const USER = '^[a-zA-Z0-9_.-]{1,64}(:[a-zA-Z0-9_.-]{1,64})?$'
export const USER_RULE = 'must be a user, or a user and a group, by name or number, such as node or 1000:1000'

export const CONTAINER_STATES = ['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead'] as const
export const Protocols = words(['tcp', 'udp'] as const, { default: 'tcp' })
export const RestartPolicy = words(['no', 'on-failure', 'unless-stopped', 'always'] as const, {
  description: 'Restart policy: what the engine does when the workload exits.'
})

export const Command = (description: string) =>
  orWritten(
    Type.Array(Type.String({ maxLength: 65536 }), {
      minItems: 1,
      maxItems: 1024,
      description: `${description} A string is split into words as in a shell.`,
      examples: [['node', '-v']]
    }),
    Type.String({ maxLength: 65536, examples: ['node -v'] })
  )
export const EnvValue = Type.String({ maxLength: 65536 })
export const Env = record(EnvValue, {
  propertyNames: form(ENV_NAME, ENV_RULE),
  description: 'Environment of the workload. Values are never shown again.',
  maxProperties: 512,
  examples: [{ LOG_LEVEL: 'debug' }]
})
export const Labels = record(Type.String({ maxLength: 4096 }), {
  propertyNames: { minLength: 1, maxLength: 255, 'x-rule': 'must be 1 to 255 characters long' },
  description: 'Your own labels. Names that start with `io.berth.` are reserved.',
  maxProperties: 128,
  examples: [{ team: 'red' }]
})
// A number alone would be the text of the exact form.
const Size = Type.String({
  maxLength: 32,
  pattern: '^[0-9.]+ ?[a-zA-Z]+$',
  'x-rule': 'must be a size such as 512m',
  examples: ['512m']
})
export const MemoryBytes = orWritten(
  Type.Integer({
    minimum: 6 * 1024 ** 2,
    maximum: Number.MAX_SAFE_INTEGER,
    description: 'Memory limit in bytes, or with a unit.',
    examples: [536870912]
  }),
  Size
)
export const StorageBytes = orWritten(
  Type.Integer({
    minimum: 1024 ** 2,
    maximum: Number.MAX_SAFE_INTEGER,
    description:
      "Limit of the container's own file system in bytes, or with a unit, without volumes. Needs an engine on overlay2 " +
      'over XFS with project quotas, on btrfs or on ZFS.',
    examples: [10737418240]
  }),
  Size
)
export const IoWeight = Type.Integer({
  minimum: 10,
  maximum: 1000,
  description:
    'Share of the time of disks, relative to other containers that want more than there is. Needs a kernel with weights for block I/O.',
  examples: [200]
})
export const Cpus = Type.Number({
  minimum: 0.01,
  maximum: MOST_CPUS,
  description: 'CPU limit in cores.',
  examples: [0.5]
})
export const PidsLimit = Type.Integer({ minimum: 1, maximum: MOST_PIDS, description: 'Limit of processes.' })
export const Nofile = Type.Integer({
  minimum: 64,
  maximum: MOST_FILES,
  description: "Limit of open files. Defaults to the server's default, else to the engine's.",
  examples: [4096]
})
export const TtlSeconds = Type.Integer({
  minimum: 1,
  maximum: MAX_TTL_SECONDS,
  description: 'Remove the container after this many seconds, counted from now.'
})

/** It never reaches a feature. */
export const Ttl = Type.Unsafe<undefined>({
  type: 'string',
  maxLength: 40,
  description: 'The same as `ttl_seconds`, with a unit.',
  examples: ['2h', '7d']
})

export const WaitSeconds = Type.Number({ minimum: 0.1, maximum: MAX_WAIT_SECONDS, default: 30 })
