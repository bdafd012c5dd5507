// Berth's facts about a resource that it created, stored as labels: the only place that reads or writes them. No request may
// set a label with the prefix.

import type { BerthFacts } from './contract/facts.ts'

const LABEL_PREFIX = 'io.berth.'

const LABELS = {
  managed: 'io.berth.managed',
  instance: 'io.berth.instance',
  owner: 'io.berth.owner',
  team: 'io.berth.team',
  shared: 'io.berth.shared',
  attempt: 'io.berth.attempt',
  start: 'io.berth.start',
  key: 'io.berth.idempotency-key',
  requestHash: 'io.berth.request-hash',
  ttlSeconds: 'io.berth.ttl-seconds',
  image: 'io.berth.image',
  replaces: 'io.berth.replaces',
  resumesOld: 'io.berth.resumes-old',
  anonymousVolumes: 'io.berth.anonymous-volumes'
} as const

/** Facts about a container that a Swarm forgets or cannot express. */
const KEPT = {
  restart: 'io.berth.swarm.restart',
  exitCode: 'io.berth.swarm.exit-code',
  startedAt: 'io.berth.swarm.started-at',
  finishedAt: 'io.berth.swarm.finished-at'
} as const

/** On the holder of a port: the name of its container. */
const PORT_HOLDER = 'io.berth.swarm.port-holder'

export type Kept = { [K in keyof typeof KEPT]: string | null }

type Labels = Record<string, string>

// An image may also have this label, and name volumes of others.
const ANONYMOUS_VOLUME = /^[0-9a-f]{64}$/

export function readFacts(labels: Labels): BerthFacts {
  const list = (label: string) => (labels[label] ?? '').split(',').filter((item) => item !== '')
  const managed = labels[LABELS.managed] === 'true'
  // A foreign container belongs to no token, even if its labels claim otherwise.
  const owned = (label: string) => (managed && labels[label]) || null
  const ttl = Number(labels[LABELS.ttlSeconds])
  return {
    managed,
    instance: labels[LABELS.instance] || null,
    owner: owned(LABELS.owner),
    team: owned(LABELS.team),
    shared: owned(LABELS.shared) === 'true',
    attempt: labels[LABELS.attempt] || null,
    start: labels[LABELS.start] === 'true',
    key: labels[LABELS.key] || null,
    requestHash: labels[LABELS.requestHash] || null,
    ttlSeconds: ttl > 0 ? ttl : null,
    image: labels[LABELS.image] || null,
    replaces: list(LABELS.replaces),
    resumesOld: labels[LABELS.resumesOld] === 'true',
    anonymousVolumes: list(LABELS.anonymousVolumes).filter((name) => ANONYMOUS_VOLUME.test(name))
  }
}

export function writeFacts(facts: Partial<BerthFacts>): Labels {
  const written = Object.entries(facts).filter(([, value]) => value !== null && String(value) !== '')
  return Object.fromEntries(written.map(([fact, value]) => [LABELS[fact as keyof BerthFacts], String(value)]))
}

/** Sets every label of Berth, if only to an empty value: otherwise the image could set it. */
export function writeAllFacts(facts: Partial<BerthFacts>): Labels {
  return { ...Object.fromEntries(Object.values(LABELS).map((label) => [label, ''])), ...writeFacts(facts) }
}

/** A filter for the engine's lists: resources with this label of Berth. */
export function labelFilter(fact: 'instance' | 'attempt', value: string): string {
  return `${LABELS[fact]}=${value}`
}

export function isReservedLabel(name: string): boolean {
  return name.startsWith(LABEL_PREFIX)
}

export function readKept(labels: Labels): Kept {
  const read = (name: keyof Kept) => labels[KEPT[name]] || null
  return {
    restart: read('restart'),
    exitCode: read('exitCode'),
    startedAt: read('startedAt'),
    finishedAt: read('finishedAt')
  }
}

/** Null takes one away. */
export function withKept(labels: Labels, kept: Partial<Kept>): Labels {
  const names = Object.entries(kept).map(([name, value]) => [KEPT[name as keyof Kept], value] as const)
  const set = names.filter((entry): entry is [(typeof entry)[0], string] => entry[1] !== null)
  return { ...withoutLabels(labels, new Set(names.map(([name]) => name))), ...Object.fromEntries(set) }
}

export const withoutKept = (labels: Labels): Labels => withoutLabels(labels, new Set(Object.values(KEPT)))

export const writePortHolder = (name: string): Labels => ({ [PORT_HOLDER]: name })
export const readPortHolder = (labels: Labels): string | undefined => labels[PORT_HOLDER]

function withoutLabels(labels: Labels, names: ReadonlySet<string>): Labels {
  return Object.fromEntries(Object.entries(labels).filter(([name]) => !names.has(name)))
}
