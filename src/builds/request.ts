// Converts a client's request to the stored request. Pure.

import type { Owner } from '../access/ownership.ts'
import type { CreateContainer } from '../containers/create-schema.ts'
import { AppError, invalidField, isAppError } from '../errors.ts'
import { parseWithoutNulls } from '../lib/absent-nulls.ts'
import type { Context } from './context/intake.ts'
import { stage, type BuildRecord } from './record.ts'
import type { BuildFields } from './schemas.ts'

export type BuildSecrets = { buildArgs: Record<string, string>; run?: CreateContainer }
/** The caller and the API. */
export type Origin = {
  door: string
  owner: Owner
  username?: string | undefined
  filename?: string | undefined
}
export type Credentials = { username: string; password: string }

const MAX_REFERENCE = 255

export function newRecord(
  fields: BuildFields,
  given: { id: string; context: Context; origin: Origin; now: number; namespace: string | undefined }
): { record: BuildRecord; secrets: BuildSecrets; credentials: Credentials | undefined } {
  const { id, context, origin, now, namespace } = given
  const {
    image_name: imageName,
    image_tag: imageTags = ['latest'],
    build_args: buildArgs = {},
    push = false,
    run
  } = fields
  const credentials = credentialsOf(fields)
  const registry = hostOf(fields.registry)
  const references = [...new Set(imageTags)].map(
    (tag) => `${prefix(imageName, registry, push ? namespace : undefined)}${imageName}:${tag}`
  )
  if (references.some((reference) => reference.length > MAX_REFERENCE)) throw invalidField('image_name', 'is too long')
  if (run?.image !== undefined) throw invalidField('run.image', 'is the image that is built; leave it out')
  const record: BuildRecord = {
    id,
    origin: origin.door,
    username: origin.username ?? null,
    filename: origin.filename ?? null,
    owner: origin.owner.owner,
    team: origin.owner.team ?? null,
    createdAt: now,
    finishedAt: null,
    imageName,
    imageTags,
    registry: registry ?? null,
    references,
    dockerfile: fields.dockerfile ?? 'Dockerfile',
    baseImages: [],
    target: fields.target ?? null,
    platform: fields.platform ?? null,
    noCache: fields.no_cache ?? false,
    builder: fields.builder ?? 'auto',
    buildArgNames: Object.keys(buildArgs),
    context,
    keepImage: fields.keep_image ?? true,
    hasOwnCredentials: credentials !== undefined,
    wants: { build: true, push, run: run !== undefined },
    imageId: null,
    steps: [],
    pushed: [],
    containerId: null,
    attempts: 0,
    logTruncated: false,
    build: stage('pending'),
    push: stage(push ? 'pending' : 'skipped'),
    run: stage(run ? 'pending' : 'skipped')
  }
  return { record, secrets: { buildArgs, ...(run && { run }) }, credentials }
}

/** An invalid run would otherwise fail only after the build, so it is checked before. */
export function checkToRun(
  { run, references: [image = ''] }: BuildRecord,
  { run: body }: BuildSecrets,
  check: (body: CreateContainer) => void
): void {
  if (run.status !== 'pending') return
  try {
    check({ ...body, image })
  } catch (error) {
    if (!isAppError(error) || error.fields === undefined) throw error
    const fields = error.fields.map(({ field, message }) => ({ field: `run.${field}`, message }))
    throw new AppError(error.code, fields.map(({ field, message }) => `${field} ${message}`).join('; '), { fields })
  }
}

export function credentialsOf(
  fields: Pick<BuildFields, 'registry_username' | 'registry_password'>
): Credentials | undefined {
  const { registry_username: username, registry_password: password } = fields
  if (username === undefined && password === undefined) return undefined
  if (username === undefined) throw invalidField('registry_username', 'is missing beside registry_password')
  if (password === undefined) throw invalidField('registry_password', 'is missing beside registry_username')
  return { username, password }
}

const DOCKER_HUB = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io', 'hub.docker.com'])

/** Undefined for Docker Hub, whose images carry no host. */
function hostOf(registry: string | undefined): string | undefined {
  const host = registry
    ?.replace(/^https?:\/\//, '')
    .replace(/\/$/, '')
    .toLowerCase()
  if (host === undefined || DOCKER_HUB.has(host)) return undefined
  // Docker would treat it as a namespace on Docker Hub, and push there.
  if (!/[.:]/.test(host) && host !== 'localhost')
    throw invalidField('registry', 'needs a port or a dot to be told from a name on Docker Hub, as in registry:5000')
  return host
}

/** On Docker Hub an image without a namespace would be one of Docker's own. */
function prefix(imageName: string, registry: string | undefined, namespace: string | undefined): string {
  if (registry !== undefined) return `${registry}/`
  return namespace !== undefined && !imageName.includes('/') ? `${namespace}/` : ''
}

/** Parses the JSON fields; `build_arg` is a shorter form for one build argument. */
export function parseFields(raw: Record<string, unknown>): Record<string, unknown> {
  const { build_arg: single, ...fields } = raw
  for (const name of ['build_args', 'run']) if (fields[name] !== undefined) fields[name] = parseJson(name, fields[name])
  if (single === undefined) return fields
  const pairs = (Array.isArray(single) ? single : [single]).map((pair) => /^([^=]+)=(.*)$/s.exec(String(pair)))
  if (pairs.includes(null)) throw invalidField('build_arg', 'must be NAME=value')
  const more = Object.fromEntries(pairs.map((pair) => [pair?.[1], pair?.[2]]))
  return { ...fields, build_args: { ...(fields.build_args as object | undefined), ...more } }
}

function parseJson(name: string, text: unknown): unknown {
  try {
    const value = parseWithoutNulls(String(text))
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  } catch {
    // Said below.
  }
  throw invalidField(name, 'must be a JSON object')
}
