// A build record and the rules of its states. Records are immutable; each step returns a new one. Pure.

import type { BuildStep } from '../engine/contract/builder.ts'
import type { AppError, ErrorCode } from '../errors.ts'

export const STAGE_STATUSES = ['skipped', 'pending', 'in_progress', 'completed', 'failed', 'cancelled'] as const
export type StageStatus = (typeof STAGE_STATUSES)[number]
export const BUILD_STATUSES = ['pending', 'in_progress', 'completed', 'failed', 'cancelled'] as const
export type BuildStatus = (typeof BUILD_STATUSES)[number]

/** One of the three stages of a build. */
export type Stage = {
  status: StageStatus
  startedAt: number | null
  finishedAt: number | null
  reason: string | null
  code: ErrorCode | null
  retryable: boolean
}
type Pushed = { reference: string; digest: string; size: number }

const STAGES = ['build', 'push', 'run'] as const
export type StageName = (typeof STAGES)[number]

export type BuildRecord = Readonly<
  {
    id: string
    /** The API that it was submitted by. */
    origin: string
    username: string | null
    /** Of the uploaded file. */
    filename: string | null
    createdAt: number
    finishedAt: number | null
    imageName: string
    imageTags: string[]
    registry: string | null
    /** Every name of the image. */
    references: string[]
    dockerfile: string
    /** Those that the Dockerfile names literally. */
    baseImages: string[]
    target: string | null
    platform: string | null
    noCache: boolean
    builder: 'auto' | 'buildkit' | 'classic'
    /** The token that requested it. */
    owner: string | null
    /** The team of that token. Records of earlier versions have none. */
    team?: string | null
    buildArgNames: string[]
    context: { kind: 'dockerfile' | 'tar' | 'zip'; bytes: number; entries: number }
    /** Whether the image stays on this machine once it is pushed. */
    keepImage: boolean
    /** Whether the push uses credentials of the request. */
    hasOwnCredentials: boolean
    wants: Record<StageName, boolean>
    imageId: string | null
    steps: BuildStep[]
    pushed: Pushed[]
    containerId: string | null
    /** Records of earlier versions have none. */
    containerUrl?: string | null
    /** Number of starts, to detect a build that crashes the server each time. */
    attempts: number
    logTruncated: boolean
  } & Record<StageName, Stage>
>

export function stage(status: StageStatus): Stage {
  return { status, startedAt: null, finishedAt: null, reason: null, code: null, retryable: false }
}

export function statusOf(record: BuildRecord): BuildStatus {
  const statuses = STAGES.map((name) => record[name].status)
  for (const status of ['in_progress', 'failed', 'cancelled'] as const) if (statuses.includes(status)) return status
  if (!statuses.includes('pending')) return 'completed'
  // Between two stages it is still in progress.
  return statuses.includes('completed') ? 'in_progress' : 'pending'
}

export function isOver(record: BuildRecord): boolean {
  return ['completed', 'failed', 'cancelled'].includes(statusOf(record))
}

/** The next stage. */
export function nextStage(record: BuildRecord): StageName | undefined {
  return STAGES.find((name) => record[name].status === 'pending')
}

export function begin(record: BuildRecord, name: StageName, now: number): BuildRecord {
  return { ...record, [name]: { ...stage('in_progress'), startedAt: now }, attempts: record.attempts + 1 }
}

export function complete(record: BuildRecord, name: StageName, now: number): BuildRecord {
  return { ...record, [name]: { ...record[name], status: 'completed', finishedAt: now }, attempts: 0 }
}

/** Stages after a failed one are skipped. */
export function fail(record: BuildRecord, name: StageName, error: AppError, now: number): BuildRecord {
  const { code, message, entry } = error
  const reason = message.length > MAX_REASON ? `${message.slice(0, MAX_REASON)}…` : message
  return end(record, name, { status: 'failed', reason, code, retryable: entry.retryable ?? false }, now)
}

export function cancel(record: BuildRecord, now: number): BuildRecord {
  const name = STAGES.find((candidate) => ['pending', 'in_progress'].includes(record[candidate].status))
  return name ? end(record, name, { status: 'cancelled', reason: 'It was cancelled.' }, now) : record
}

function end(record: BuildRecord, name: StageName, how: Partial<Stage>, now: number): BuildRecord {
  const later = STAGES.slice(STAGES.indexOf(name) + 1).filter((each) => record[each].status === 'pending')
  return {
    ...record,
    ...stages(later, (each) => ({ ...record[each], status: 'skipped' })),
    [name]: { ...record[name], ...how, finishedAt: now }
  }
}

/** Moves back to a state from which it can resume, as after a crash. */
export function interrupt(record: BuildRecord): BuildRecord {
  const begun = STAGES.filter((name) => record[name].status === 'in_progress')
  return { ...record, ...stages(begun, () => stage('pending')) }
}

/** Repeats everything from the first unsuccessful stage on. Undefined if every stage succeeded. */
export function reopen(record: BuildRecord): BuildRecord | undefined {
  const first = STAGES.find((name) => ['failed', 'cancelled'].includes(record[name].status))
  if (first === undefined) return undefined
  const again = STAGES.slice(STAGES.indexOf(first))
  return {
    ...record,
    ...stages(again, (name) => stage(record.wants[name] ? 'pending' : 'skipped')),
    ...(first === 'build' && { steps: [], imageId: null }),
    ...(first !== 'run' && { pushed: [] }),
    attempts: 0,
    finishedAt: null
  }
}

function stages(names: readonly StageName[], make: (name: StageName) => Stage): Partial<Record<StageName, Stage>> {
  return Object.fromEntries(names.map((name) => [name, make(name)]))
}

const MAX_REASON = 1_000
