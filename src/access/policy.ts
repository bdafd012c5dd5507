// The operator's policy for images, volumes, networks and amounts. Only this file decides, for REST and gRPC. Pure.

import { AppError, type FieldProblem } from '../errors.ts'
import type { Visibility } from './tokens.ts'
import { imageMatcher, nameMatcher } from './patterns.ts'

/** Containers of these images and tokens may run with it. If absent, all may. */
type RuntimeRule = { runtime: string; images?: string[]; tokens?: string[] }

/** By host. `*` means every public registry; among tokens, it means all of them. */
export type RegistryList = Record<string, { pull?: string[]; push?: string[] }>

/** The fields of the policy file. An absent field restricts nothing. */
export type PolicyRules = {
  /** Whether `read` shows resources of others. The default is `own`. */
  visibility?: Visibility
  images?: string[]
  volumes?: string[]
  networks?: string[]
  /** Each owner gets its own network, which reaches the internet and listed addresses. If absent, all share the engine's. */
  isolation?: { reach?: string[] }
  /** Names of labels that a container may have. */
  labels?: string[]
  /** A container gets the first match, unless it requests another match. */
  runtimes?: RuntimeRule[]
  memory?: number
  cpus?: number
  pids_limit?: number
  /** Every container gets it that asks for none: an engine that cannot limit storage makes none then. */
  storage_size?: number
  io_weight?: number
  /** Of one upload to a container, or download. */
  file_bytes?: number
  /** Of an archive of files. */
  file_entries?: number
  /** Permitted registry hosts, and the tokens that may use the operator's logins there. */
  registries?: RegistryList
  /** Whether builds may ADD sources from outside of their context. The default is true. */
  remote_sources?: boolean
} & { [Kind in Quota as `${Kind}_per_token`]?: number }

/** Amounts limited per token: numbers of resources, the memory and CPUs of all its containers, and the bytes of all its builds. */
const QUOTAS = ['containers', 'ports', 'memory', 'cpus', 'volumes', 'networks', 'builds', 'build_bytes'] as const
type Quota = (typeof QUOTAS)[number]
const SUMS: ReadonlySet<Quota> = new Set(['memory', 'cpus', 'build_bytes'])
export type Amounts = Partial<Record<Quota, number>>

/** The resources that a request uses. */
export type Wish = {
  images?: string[]
  volumes?: string[]
  networks?: string[]
  labels?: string[]
  /** The caller's amount after the request. */
  amounts?: Amounts
  /** Of an ADD in a Dockerfile. */
  remoteSources?: string[]
  /** Images that read a Dockerfile in place of the builder, and may do anything. */
  readers?: string[]
}

export type RuntimeWish = {
  /** The names of the caller in the policy. */
  tokens: string[]
  /** Every name of the image. */
  images: string[]
  asked: string | undefined
}

// They can fetch in no other ways than builders can.
const USUAL_READERS = imageMatcher(['docker/dockerfile', 'docker/dockerfile-upstream'])

type Ceilings = {
  memoryDefault: number
  memoryMax: number
  cpusDefault: number
  cpusMax: number
  pidsDefault: number
  pidsMax: number
  storageSizeDefault: number | undefined
  storageSizeMax: number
  ioWeightMax: number
  filesMax: number
  fileEntriesMax: number
}

export type Policy = ReturnType<typeof createPolicy>

export function createPolicy(rules: PolicyRules) {
  const mayRun = rules.images && imageMatcher(rules.images)
  const mayMount = rules.volumes && nameMatcher(rules.volumes)
  const mayJoin = rules.networks && nameMatcher(rules.networks)
  const mayLabel = rules.labels && nameMatcher(rules.labels)

  const runtimes = (rules.runtimes ?? []).map((rule) => ({ ...rule, fits: rule.images && imageMatcher(rule.images) }))

  const allowsRemoteSources = rules.remote_sources !== false

  function decide(wish: Wish): FieldProblem[] {
    const { images = [], volumes = [], networks = [], labels = [], remoteSources = [], readers = [] } = wish
    const refused = (field: string, names: string[], isAllowed: ((name: string) => boolean) | undefined) =>
      names
        .filter((name) => isAllowed && !isAllowed(name))
        .map((name) => ({ field, message: `"${name}" is not among those that the policy allows` }))
    return [
      ...refused('image', images, mayRun),
      ...refused('volumes', volumes, mayMount),
      ...(allowsRemoteSources ? [] : remote(remoteSources, readers)),
      ...refused('network', networks, mayJoin),
      ...refused('labels', labels, mayLabel),
      ...QUOTAS.flatMap((kind) => tooMuch(kind, wish.amounts?.[kind], rules[`${kind}_per_token`]))
    ]
  }

  function refuse(fields: FieldProblem[]): void {
    if (fields.length === 0) return
    const detail = fields.map(({ field, message }) => `${field} ${message}`).join('; ')
    throw new AppError('POLICY_REFUSED', detail, { fields })
  }

  return {
    allowsRemoteSources,
    allows: (wish: Wish): boolean => decide(wish).length === 0,

    /** Whether it names this volume or network, which shares a foreign one with tokens. */
    names: ({ volumes = [], networks = [] }: Wish): boolean =>
      volumes.some((name) => mayMount?.(name)) || networks.some((name) => mayJoin?.(name)),

    /** Whether any of these amounts is limited per token, and so must be counted. */
    limits: (...kinds: Quota[]): boolean => kinds.some((kind) => rules[`${kind}_per_token`] !== undefined),
    /** Whether it restricts the sources of builds. */
    limitsSources: mayRun !== undefined || !allowsRemoteSources,

    /** Throws when the policy does not allow it, with every reason. */
    check: (wish: Wish): void => refuse(decide(wish)),

    /** Every runtime in the policy. */
    runtimes: [...new Set(runtimes.map(({ runtime }) => runtime))],

    /** The runtime of a container whose image has these names. Undefined means the engine's default. */
    runtimeFor({ tokens, images, asked }: RuntimeWish): string | undefined {
      const fitting = runtimes
        .filter((rule) => !rule.fits || images.some(rule.fits))
        .filter((rule) => !rule.tokens || tokens.some((name) => rule.tokens?.includes(name)))
        .map(({ runtime }) => runtime)
      if (asked !== undefined && !fitting.includes(asked))
        refuse([{ field: 'runtime', message: `"${asked}" is not among those that the policy allows` }])
      return asked ?? fitting[0]
    },

    /** The settings, lowered to the policy's ceilings. */
    tighten<T extends Ceilings>(settings: T): T {
      const { memory = Infinity, cpus = Infinity, pids_limit: pids = Infinity } = rules
      const { file_bytes: fileBytes = Infinity, file_entries: fileEntries = Infinity } = rules
      const { storage_size: storage, io_weight: weight = Infinity } = rules
      const { storageSizeDefault: storageDefault = storage } = settings
      return {
        ...settings,
        storageSizeDefault: storageDefault && Math.min(storageDefault, storage ?? Infinity),
        storageSizeMax: Math.min(settings.storageSizeMax, storage ?? Infinity),
        ioWeightMax: Math.min(settings.ioWeightMax, weight),
        memoryDefault: Math.min(settings.memoryDefault, memory),
        memoryMax: Math.min(settings.memoryMax, memory),
        cpusDefault: Math.min(settings.cpusDefault, cpus),
        cpusMax: Math.min(settings.cpusMax, cpus),
        pidsDefault: Math.min(settings.pidsDefault, pids),
        pidsMax: Math.min(settings.pidsMax, pids),
        filesMax: Math.min(settings.filesMax, fileBytes),
        fileEntriesMax: Math.min(settings.fileEntriesMax, fileEntries)
      }
    }
  }
}

function tooMuch(kind: Quota, amount = 0, most = Infinity): FieldProblem[] {
  if (amount <= most) return []
  const what = SUMS.has(kind)
    ? `of all ${kind === 'build_bytes' ? 'builds' : 'containers'} of a token may come to`
    : 'of a token may be'
  return [{ field: kind, message: `${what} ${most} at most, and would be ${amount}; remove something first` }]
}

function remote(sources: string[], readers: string[]): FieldProblem[] {
  const shown = (text: string) => JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text)
  return [
    ...sources.map((source) => ({
      field: 'file',
      message: `takes ${shown(source)}, which is or may become an address, and the policy allows none; a file of the context is ./file`
    })),
    ...readers
      .filter((reader) => !USUAL_READERS(reader))
      .map((reader) => ({
        field: 'file',
        message: `is to be read by ${shown(reader)}, which the policy does not allow`
      }))
  ]
}
