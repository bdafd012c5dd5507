// The workload of a container, through the engine of its node. If that is out of reach, the managers still provide its output.

import type { EngineArchive } from '../contract/archive.ts'
import type { ContainerCounters, EngineWorkloads, LogLine, LogQuery } from '../contract/workloads.ts'
import type { Engine } from '../contract/engine.ts'
import { AppError } from '../../errors.ts'
import { sleep } from '../../lib/sleep.ts'
import { brokenStream } from '../docker/broken-stream.ts'
import type { Calls } from '../docker/calls.ts'
import { readLogLines } from '../docker/log-frames.ts'
import { logParameters } from '../docker/log-query.ts'
import { readFacts } from '../labels.ts'
import type { Life } from './life.ts'
import type { ServiceIds } from './ids.ts'
import { isUpIn, runOfService } from './map-service.ts'
import type { OnNodes } from './on-nodes.ts'
import type { Reads } from './reads.ts'
import type { SeenTask, SeenTasks } from './seen-tasks.ts'
import type { RawService } from './schemas/services.ts'
import type { RawTask } from './schemas/tasks.ts'
import { notThere } from './services.ts'
import { hasEnded, newestFirst } from './task-state.ts'

const WHAT = 'read the output of the container'
const ENDED_LOOK_MS = 500
const LAST_WORDS_MS = 500

type Options = {
  calls: Pick<Calls, 'watch'>
  reads: Reads
  life: Life
  onNodes: OnNodes
  ids: Pick<ServiceIds, 'referenceOf'>
  seenTasks: Pick<SeenTasks, 'runningOf'>
}

export function createWorkloadCalls({
  calls,
  reads,
  life,
  onNodes,
  ids,
  seenTasks
}: Options): EngineWorkloads & EngineArchive {
  async function need(id: string): Promise<RawService> {
    const service = await reads.find(id)
    if (!service) throw notThere(id)
    return service
  }

  /** Swarm does not end the stream of an ended task. */
  async function untilEnded({ ID: id }: RawTask, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(ENDED_LOOK_MS, signal)
      const task = await reads.task(id)
      if (!task || hasEnded(task)) return sleep(LAST_WORDS_MS, signal)
    }
  }

  async function* linesByManagers(
    task: RawTask,
    tty: boolean,
    query: LogQuery,
    signal?: AbortSignal
  ): AsyncGenerator<LogLine> {
    const { follow, since, until } = query
    const life = new AbortController()
    const chunks = await calls.watch({
      method: 'GET',
      path: `/tasks/${task.ID}/logs`,
      query: {
        ...logParameters(query),
        ...(since && { since })
      },
      what: WHAT,
      signal: signal ? AbortSignal.any([signal, life.signal]) : life.signal
    })
    const end = () => life.abort()
    if (follow) untilEnded(task, life.signal).then(end, end)
    try {
      for await (const line of readLogLines(chunks, tty)) {
        if (until && line.time !== '' && Date.parse(line.time) > Date.parse(until)) return
        yield line
      }
    } catch (cause) {
      if (signal?.aborted) throw cause
      if (!life.signal.aborted) throw brokenStream(cause, { what: WHAT, isChange: false })
    } finally {
      end()
      chunks.destroy()
    }
  }

  /** Prefers the engine of the node, which ends the stream with the container and never waits for lost nodes. */
  async function* linesOf(
    service: RawService,
    task: RawTask,
    ...[tty, query, signal]: [tty: boolean, query: LogQuery, signal: AbortSignal | undefined]
  ): AsyncGenerator<LogLine> {
    const place = isBerths(service) ? await onNodes.reach(task) : undefined
    yield* place
      ? place.engine.containerLogs(place.containerId, tty, query, signal)
      : linesByManagers(task, tty, query, signal)
  }

  /** An agent answers from the kernel's files, where an engine waits for its next round of measuring. */
  async function countersOf(task: SeenTask, signal?: AbortSignal): Promise<ContainerCounters | undefined> {
    const place = await onNodes.reach(task, task.isBerths)
    return place?.engine.containerCounters(place.containerId, signal)
  }

  /** The running task. */
  async function running(id: string): Promise<RawTask> {
    const service = await need(id)
    const run = await life.runOf(service)
    if (run.state === 'running' && run.task) return run.task
    throw new AppError('CONTAINER_NOT_RUNNING', `The container ${service.Spec.Name} is ${run.state}.`)
  }

  /** Like `running`, for an ended task, whose node keeps it for a while. */
  async function there(id: string): Promise<RawTask> {
    const service = await need(id)
    const { task, state } = await life.runOf(service)
    if (task) return task
    throw new AppError(
      'CONTAINER_NOT_RUNNING',
      `The container ${service.Spec.Name} is ${state}: on a Swarm its files come and go with its task.`
    )
  }

  return {
    async *containerLogs(id, tty, query, signal) {
      const service = await need(id)
      const [all, nodes] = await Promise.all([reads.tasksOf(service.ID), reads.nodes.get()])
      const run = runOfService(service, all, nodes)
      const tasks = all.filter((task) => task.DesiredState !== 'remove' || !hasEnded(task))
      if (tasks.length === 0 && run.state === 'exited')
        throw new AppError(
          'OUTPUT_GONE',
          `The container ${service.Spec.Name} was stopped, and a Swarm keeps no output of it. Follow it while it runs, or give the engines a log driver that keeps it.`
        )
      const isUp = isUpIn(nodes)
      const [last, ...earlier] = newestFirst(tasks).filter(
        ({ NodeID: nodeId, Status: status }) => isUp(nodeId) && status.ContainerStatus?.ContainerID
      )
      if (!last) return
      if (query.tail === undefined)
        for (const task of earlier.toReversed()) yield* linesOf(service, task, tty, { ...query, follow: false }, signal)
      yield* linesOf(service, last, tty, query, signal)
    },

    async containerCounters(id, signal): Promise<ContainerCounters | undefined> {
      const seen = seenTasks.runningOf(ids.referenceOf(id))
      const counters = seen && (await countersOf(seen, signal).catch(() => 'moved' as const))
      if (seen && counters !== 'moved') return counters
      const service = await reads.find(id)
      const run = service && (await life.runOf(service))
      if (!service || run?.state !== 'running' || !run.task) return undefined
      return countersOf({ ...run.task, isBerths: isBerths(service) }, signal)
    },

    async containerProcesses(id, signal) {
      const task = await running(id)
      return onNodes.inside(task, (engine, containerId) => engine.containerProcesses(containerId, signal))
    },

    async startProcess(id, request, signal) {
      const task = await running(id)
      return onNodes.inside(task, (engine, containerId) => engine.startProcess(containerId, request, signal))
    },

    async exec(id, request, limits) {
      const task = await running(id)
      return onNodes.inside(task, (engine, containerId) => engine.exec(containerId, request, limits))
    },

    statPath: async (id, path, signal) =>
      (await reads.find(id)) && inFiles(id, (engine, containerId) => engine.statPath(containerId, path, signal)),
    readArchive: (id, path, signal) =>
      inFiles(id, (engine, containerId) => engine.readArchive(containerId, path, signal)),
    writeArchive: (id, archive, signal, root) =>
      inFiles(id, (engine, containerId) => engine.writeArchive(containerId, archive, signal, root)),
    removePath: (id, path, root) => inFiles(id, (engine, containerId) => engine.removePath(containerId, path, root))
  }

  async function inFiles<T>(id: string, act: (engine: Engine, containerId: string) => Promise<T>): Promise<T> {
    return onNodes.inside(await there(id), act)
  }
}

const isBerths = ({ Spec: spec }: RawService): boolean => readFacts(spec.Labels ?? {}).managed
