// The policy file, read once at the start. A file that is unreadable or has unknown fields is invalid.

import { readFileSync } from 'node:fs'
import { Type } from '@sinclair/typebox'
import { parseReach } from '../lib/reach.ts'
import { registryName } from '../lib/reference.ts'
import { words } from '../lib/schema.ts'
import { createValidator, describeViolations } from '../lib/validator.ts'
import type { PolicyRules, RegistryList } from './policy.ts'

const patterns = Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 300 }), { maxItems: 1000 }))
const tokens = Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 100 }), { maxItems: 1000 }))
const count = Type.Optional(Type.Integer({ minimum: 0 }))
const Runtime = Type.Object(
  { runtime: Type.String({ minLength: 1, maxLength: 63 }), images: patterns, tokens },
  { additionalProperties: false }
)
const Isolation = Type.Object({ reach: patterns }, { additionalProperties: false })
const Registry = Type.Object({ pull: tokens, push: tokens }, { additionalProperties: false })
/** Contents of the file. */
export const Policy = Type.Object(
  {
    visibility: Type.Optional(words(['own', 'all'] as const)),
    images: patterns,
    volumes: patterns,
    networks: patterns,
    isolation: Type.Optional(Isolation),
    labels: patterns,
    runtimes: Type.Optional(Type.Array(Runtime, { maxItems: 100 })),
    memory: Type.Optional(Type.Integer({ minimum: 6 * 1024 ** 2 })),
    cpus: Type.Optional(Type.Number({ minimum: 0.01 })),
    pids_limit: Type.Optional(Type.Integer({ minimum: 1 })),
    storage_size: Type.Optional(Type.Integer({ minimum: 1024 ** 2 })),
    io_weight: Type.Optional(Type.Integer({ minimum: 10, maximum: 1000 })),
    file_bytes: Type.Optional(Type.Integer({ minimum: 0 })),
    file_entries: Type.Optional(Type.Integer({ minimum: 1 })),
    containers_per_token: count,
    ports_per_token: count,
    memory_per_token: count,
    cpus_per_token: Type.Optional(Type.Number({ minimum: 0 })),
    volumes_per_token: count,
    networks_per_token: count,
    builds_per_token: count,
    build_bytes_per_token: count,
    registries: Type.Optional(Type.Record(Type.String(), Registry)),
    remote_sources: Type.Optional(Type.Boolean())
  },
  {
    $id: 'Policy',
    description: "The operator's policy. A missing rule restricts nothing.",
    additionalProperties: false
  }
)

export function readPolicy(path: string | undefined): PolicyRules {
  if (path === undefined) return {}
  const refuse = (reason: string, cause?: unknown): never => {
    throw new Error(`BERTH_POLICY_FILE ${path} cannot be used: ${reason}`, { cause })
  }
  let rules: unknown
  try {
    rules = JSON.parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    return refuse(cause instanceof Error ? cause.message : String(cause), cause)
  }
  const validate = createValidator([]).strict(Policy)
  if (validate(rules)) {
    checkReach(rules as PolicyRules, refuse)
    return { ...(rules as PolicyRules), ...withRegistries(rules as PolicyRules, refuse) }
  }
  const problems = describeViolations(validate.errors ?? [], 'the file')
  return refuse(problems.map(({ field, message }) => `${field} ${message}`).join('; '))
}

function checkReach({ isolation }: PolicyRules, refuse: (reason: string) => never): void {
  for (const text of isolation?.reach ?? [])
    if (!parseReach(text))
      refuse(`isolation.reach: "${text}" must be like 10.1.2.0/24, 10.1.2.3:5432, 10.1.2.3:53/udp or host:5432`)
}

/** Each under its canonical name, which lookups use. */
function withRegistries({ registries }: PolicyRules, refuse: (reason: string) => never): PolicyRules {
  if (!registries) return {}
  const named = Object.entries(registries).map(([host, rule]) => {
    const name = host === '*' ? host : registryName(host)
    return [name ?? refuse(`registries: "${host}" is no host; write it without https:// and without a path`), rule]
  })
  return { registries: Object.fromEntries(named) as RegistryList }
}
