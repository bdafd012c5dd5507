// Waits for tasks: Swarm accepts a change at once, and only its tasks show the outcome.

import { AppError, cancellation } from '../../errors.ts'
import { sleep } from '../../lib/sleep.ts'
import { hasHealthcheck, isUpIn } from './map-service.ts'
import type { OnNodes } from './on-nodes.ts'
import type { Reads } from './reads.ts'
import type { RawService } from './schemas/services.ts'
import type { RawTask } from './schemas/tasks.ts'
import { begunOf } from './starting.ts'
import { hasEnded } from './task-state.ts'
import { isAnyReady, noneReady, withNodes } from './unplaced.ts'

export type Awaiting = ReturnType<typeof createAwaiting>

const LOOK_MS = { first: 20, ending: 60, most: 60 }
// A port or a node's capacity may be about to become free.
const PENDING_MS = 3_000
const NUDGE_MS = 2_000
const CLEAR_MS = 2_000
const NONE_READY = 'no node is ready'
const PREPARING = new Set(['accepted', 'preparing', 'assigned'])

type Options = {
  reads: Pick<Reads, 'tasksOf' | 'task' | 'nodes'>
  onNodes: Pick<OnNodes, 'hurry'>
  changeTimeoutMs: number
  /** A node may have to pull the image first. */
  pullTimeoutMs: number
}

type Beginning = {
  /** Tasks that do not belong to this start. */
  before: ReadonlySet<string>
  /** Called if Swarm creates no task. */
  nudge: () => Promise<unknown>
  signal: AbortSignal | undefined
}

export function createAwaiting({ reads, onNodes, changeTimeoutMs, pullTimeoutMs }: Options) {
  /** Throws once the reason has lasted. While no node is ready, the reasons do not count. */
  async function throwIfUnplaced(error: AppError, clock: Clock): Promise<void> {
    const nodes = (await reads.nodes.get()).values().toArray()
    const isReady = isAnyReady(nodes)
    clock.forget(isReady ? NONE_READY : error.message)
    if (clock.since(isReady ? error.message : NONE_READY) <= PENDING_MS) return
    throw isReady ? withNodes(error, nodes) : noneReady(nodes)
  }

  return {
    /** Waits until new tasks show the outcome. */
    async begun({ ID: id, Spec: spec }: RawService, { before, nudge, signal }: Beginning): Promise<void> {
      const clock = createClock()
      const settledMs = ({ ID: task, Status: status }: RawTask) => clock.since(`${task} ${status.State}`)
      for (let pause = LOOK_MS.first; ; pause = longer(pause)) {
        await sleep(pause)
        const tasks = (await reads.tasksOf(id)).filter((task) => !before.has(task.ID))
        const begun = begunOf(tasks, { hasHealthcheck: hasHealthcheck(spec), settledMs })
        if (begun.is === 'started') return
        if (begun.is === 'refused') throw begun.error
        if (begun.error) await throwIfUnplaced(begun.error, clock)
        if (signal?.aborted) throw cancellation(signal)
        if (tasks.length === 0 && clock.since('no task') > NUDGE_MS) {
          clock.forget('no task')
          await nudge()
        }
        const isPulling = tasks.some(({ Status: { State: state } }) => PREPARING.has(state))
        if (clock.since('all') > (isPulling ? pullTimeoutMs : changeTimeoutMs)) throw late('start')
      }
    },

    /** The last seen tasks. Tasks of lost nodes never end. */
    async ended(serviceId: string, timeoutMs: number): Promise<RawTask[]> {
      const last = new Map<string, RawTask>()
      const clock = createClock()
      for (let pause = LOOK_MS.first; ; pause = longer(pause)) {
        const [tasks, nodes] = await Promise.all([reads.tasksOf(serviceId), reads.nodes.get()])
        const isUp = isUpIn(nodes)
        for (const task of tasks) last.set(task.ID, task)
        if (tasks.every((task) => hasEnded(task) || !isUp(task.NodeID))) return [...last.values()]
        if (clock.since('all') > timeoutMs) throw late('stop')
        // Swarm forgets an ended task a quarter of a second later.
        await sleep(Math.min(pause, LOOK_MS.ending))
      }
    },

    /** Swarm creates no task in place of one that it has not forgotten yet. */
    async cleared(serviceId: string): Promise<void> {
      const clock = createClock()
      for (;;) {
        const [tasks, nodes] = await Promise.all([reads.tasksOf(serviceId), reads.nodes.get()])
        const isUp = isUpIn(nodes)
        const isLeft = tasks.some((task) => task.DesiredState === 'remove' && isUp(task.NodeID))
        if (!isLeft || clock.since('all') > CLEAR_MS) return
        await sleep(LOOK_MS.first)
      }
    },

    /** Waits until the tasks of a removed service have ended, but no longer than that time. */
    async gone(tasks: readonly RawTask[], atMostMs: number): Promise<void> {
      const isUp = isUpIn(await reads.nodes.get())
      let left = tasks.filter((task) => !hasEnded(task) && isUp(task.NodeID))
      for (const task of left) await onNodes.hurry(task, 0)
      const clock = createClock()
      for (let pause = LOOK_MS.first; left.length > 0 && clock.since('all') < atMostMs; pause = longer(pause)) {
        const seen = await Promise.all(left.map(({ ID: id }) => reads.task(id)))
        left = seen.flatMap((task) => (task && !hasEnded(task) ? [task] : []))
        if (left.length > 0) await sleep(pause)
      }
    }
  }
}

type Clock = ReturnType<typeof createClock>

/** Measures how long a condition has lasted. */
function createClock() {
  const first = new Map<string, number>()
  return {
    since(what: string): number {
      const now = performance.now()
      const start = first.get(what) ?? now
      first.set(what, start)
      return now - start
    },
    forget: (what: string): void => void first.delete(what)
  }
}

function late(what: 'start' | 'stop'): AppError {
  return new AppError('ENGINE_TIMEOUT', `The Swarm did not ${what} the container in time. It may still do so.`)
}

const longer = (pauseMs: number): number => Math.min(2 * pauseMs, LOOK_MS.most)
