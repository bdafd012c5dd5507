// Derives the state of a container from the tasks of its service. A service keeps its last tasks, and tasks on a lost node
// stay `running` forever. Pure.

import type { ContainerHealth, ContainerState } from '../contract/containers.ts'
import type { Kept } from '../labels.ts'
import type { RawTask } from './schemas/tasks.ts'

export type Run = {
  state: ContainerState
  health: ContainerHealth | null
  exitCode: number | null
  error: string
  startedAt: string | null
  finishedAt: string | null
  restartCount: number
  /** The task that runs it, or else the last one that did. */
  task: RawTask | undefined
  /** Whether its node, not the workload, ended it, and Swarm does not restart it. */
  isLost: boolean
}

type Given = {
  replicas: number
  tasks: readonly RawTask[]
  isUp: (nodeId: string | null | undefined) => boolean
  hasHealthcheck: boolean
  kept: Kept
}

const ENDED = new Set(['complete', 'shutdown', 'failed', 'rejected', 'remove', 'orphaned'])
const OWN_ENDS = new Set(['complete', 'failed', 'rejected'])
const WANTED = new Set(['running', 'ready'])

export const hasEnded = ({ Status: { State: state } }: RawTask): boolean => ENDED.has(state)
const isWanted = ({ DesiredState: desired }: RawTask): boolean => WANTED.has(desired)

export function newestFirst(tasks: readonly RawTask[]): RawTask[] {
  return tasks.toSorted((one, other) => Date.parse(other.CreatedAt) - Date.parse(one.CreatedAt))
}

/** A task with a health check is `starting` until its first check passes, although its workload runs. */
export function isUnderCheck({ Status: status }: RawTask, hasHealthcheck: boolean): boolean {
  return hasHealthcheck && status.State === 'starting' && Boolean(status.ContainerStatus?.ContainerID)
}

export function runOf({ replicas, tasks, isUp, hasHealthcheck, kept }: Given): Run {
  const ordered = newestFirst(tasks)
  const restartCount = Math.max(0, ordered.length - 1)
  const isLive = (task: RawTask) =>
    isUp(task.NodeID) && (task.Status.State === 'running' || isUnderCheck(task, hasHealthcheck))
  const live = ordered.find((task) => isWanted(task) && isLive(task)) ?? ordered.find(isLive)
  if (live) {
    const isChecked = live.Status.State === 'running'
    return {
      ...NOTHING,
      state: 'running',
      health: hasHealthcheck ? (isChecked ? 'healthy' : 'starting') : null,
      startedAt: live.Status.Timestamp ?? live.CreatedAt,
      restartCount,
      task: live
    }
  }
  const [newest] = ordered
  const coming = replicas > 0 ? ordered.find((task) => isWanted(task) && !hasEnded(task)) : undefined
  if (coming) {
    const isFirst = ordered.length === 1 && !ENDED.has(coming.Status.State) && coming.Status.State !== 'running'
    const error = coming.Status.Err ?? ''
    return { ...NOTHING, state: isFirst ? 'created' : 'restarting', error, restartCount, task: coming }
  }
  if (!newest) return keptRun(kept)
  const isLost = replicas > 0 && !OWN_ENDS.has(newest.Status.State)
  if (isLost) return { ...NOTHING, state: 'restarting', restartCount, task: newest, isLost }
  return {
    ...NOTHING,
    state: 'exited',
    exitCode: newest.Status.ContainerStatus?.ExitCode ?? null,
    error: newest.Status.Err ?? '',
    finishedAt: newest.Status.Timestamp ?? null,
    restartCount,
    task: newest
  }
}

const NOTHING = {
  health: null,
  exitCode: null,
  error: '',
  startedAt: null,
  finishedAt: null,
  restartCount: 0,
  task: undefined,
  isLost: false
} as const

/** A service without tasks never ran, or was stopped. */
function keptRun({ exitCode, startedAt, finishedAt }: Kept): Run {
  if (finishedAt === null) return { ...NOTHING, state: 'created' }
  return { ...NOTHING, state: 'exited', exitCode: exitCode === null ? null : Number(exitCode), startedAt, finishedAt }
}
