// Whether two requests describe the same container. Pure.

import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { TSchema } from '@sinclair/typebox'
import type { Config } from '../config.ts'
import { CreateContainer } from './create-schema.ts'

export type Fingerprint = {
  /** Hash of the parsed request: sending a default explicitly makes no difference. */
  meant: string
  /** The hash of the literal request, which containers of earlier versions carry. */
  said: string
}

export type Defaults = Pick<
  Config,
  'defaultImage' | 'memoryDefault' | 'cpusDefault' | 'pidsDefault' | 'nofileDefault' | 'storageSizeDefault'
>

export function fingerprintOf(body: CreateContainer, defaults: Defaults): Fingerprint {
  const { defaultImage: image, memoryDefault: memory, cpusDefault: cpus, pidsDefault: pids } = defaults
  const settings = {
    image,
    memory,
    cpus,
    pids_limit: pids,
    nofile: defaults.nofileDefault,
    storage_size: defaults.storageSizeDefault,
    env: {},
    labels: {},
    volumes: []
  }
  // Defaults are left out, not filled in: a later version or another setting may have others.
  return { meant: hash(unlike(settings, withoutDefaults(CreateContainer, body) as object)), said: hash(body) }
}

/** `known` is the hash of a container; foreign ones may have none. */
export function isSameRequest({ meant, said }: Fingerprint, known: string | null): boolean {
  return known === meant || known === said
}

/** The value without fields that equal their default in the schema, at any depth. */
function withoutDefaults(given: TSchema, value: unknown): unknown {
  // The exact form comes first.
  const [schema = given] = (given.anyOf as TSchema[] | undefined) ?? []
  if (Array.isArray(value)) return value.map((item) => withoutDefaults(schema.items as TSchema, item))
  const properties = schema.properties as Record<string, TSchema> | undefined
  if (!properties || typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(([name, item]) => item !== properties[name]?.default)
  return Object.fromEntries(kept.map(([name, item]) => [name, withoutDefaults(properties[name] as TSchema, item)]))
}

function unlike(defaults: Record<string, unknown>, body: object): object {
  return Object.fromEntries(Object.entries(body).filter(([name, value]) => !isDeepStrictEqual(value, defaults[name])))
}

/** Independent of the order of the fields. */
function hash(value: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(value)))
    .digest('hex')
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)])
  )
}
