// One machine's Docker engine (or Podman's Docker API) behind the Engine interface.

import type { ContainerInfo } from 'dockerode'
import type { Readable } from 'node:stream'
import { AppError, isAppError } from '../errors.ts'
import { readLines } from '../lib/lines.ts'
import { createSemaphore } from '../lib/semaphore.ts'
import { unlessGone, type Asked } from './calls.ts'
import type { Connection } from './connection.ts'
import type { Engine, EngineEvent, ProcessTable } from './engine.ts'
import { buildImage } from './build.ts'
import { markOf, removeBuildContainers } from './build-containers.ts'
import { createDiskCalls } from './disk-calls.ts'
import { runExec } from './exec.ts'
import { createImageCalls } from './image-calls.ts'
import { readLogLines } from './log-frames.ts'
import { createNetworkCalls } from './network-calls.ts'
import { mapContainer, mapCounters, mapInfo, mapSpec, mapSummary, type RawInfo, type RawStats } from './map.ts'
import { createPayload, updatePayload } from './payload.ts'
import { openStream, request } from './request.ts'

const READ_TIMEOUT_MS = 10_000
// A timer can hardly hold more; a workload's own limit may be anything.
const LONGEST_STOP_SECONDS = 86_400
const EVENTS = ['create', 'start', 'die', 'destroy', 'rename', 'update', 'pause', 'unpause', 'oom', 'health_status']
const IMAGE_EVENTS = ['tag', 'untag', 'delete', 'pull', 'load', 'import']
const NETWORK_EVENTS = ['connect', 'disconnect', 'remove']

type Log = { debug(fields: object, message: string): void }

export function createDockerEngine(options: {
  connection: Connection
  log: Log
  concurrency: number
  changeTimeoutMs: number
  registryIdleMs: number
  registryTimeoutMs: number
  /** How many changes may wait for their turn. */
  queue: number
}): Engine {
  const { connection, log, changeTimeoutMs } = options
  const inTurn = createSemaphore(options.concurrency, options.queue)

  async function call<T>(asked: Asked, task: () => Promise<T>): Promise<T> {
    const started = performance.now()
    try {
      return await task()
    } catch (error) {
      if (isAppError(error, 'ENGINE_UNAVAILABLE')) connection.lost(error.message)
      throw error
    } finally {
      const durationMs = Math.round((performance.now() - started) * 10) / 10
      log.debug({ method: asked.method, path: asked.path, durationMs }, 'engine call')
    }
  }

  function ask<T>(asked: Asked, kind: 'calls' | 'streams' = 'calls'): Promise<T> {
    return call(asked, () => request<T>(connection.client(kind), { timeoutMs: READ_TIMEOUT_MS, ...asked }))
  }

  /** Changes wait for their turn, so that a burst of requests is a queue here and not in the engine. */
  function change<T>(asked: Asked, refusal?: () => Error): Promise<T> {
    const task = () => call(asked, () => request<T>(connection.client(), { timeoutMs: changeTimeoutMs, ...asked }))
    return inTurn(task, refusal)
  }

  /** What makes something new is refused when too many wait; what starts, ends or undoes what is there never is. */
  function make<T>(asked: Asked): Promise<T> {
    return change<T>(
      asked,
      () => new AppError('ENGINE_BUSY', `${options.queue} changes wait for the engine, and that is the most.`)
    )
  }

  function isPodman(): boolean {
    const status = connection.status()
    return status.available && /podman/i.test(status.name)
  }

  function stream(asked: Asked): Promise<Readable> {
    return call(asked, () => openStream(connection.client('streams'), { timeoutMs: READ_TIMEOUT_MS, ...asked }))
  }

  return {
    status: connection.status,
    onStatus: connection.onStatus,

    async info() {
      return mapInfo(await ask<RawInfo>({ method: 'GET', path: '/info', what: 'describe itself' }))
    },

    whenAvailable: (signal) => connection.whenAvailable(signal),

    async listContainers(filter) {
      const filters = filter?.label ? { label: [filter.label] } : {}
      const rows = await ask<ContainerInfo[]>({
        method: 'GET',
        path: '/containers/json',
        query: { all: 1, filters },
        what: 'list containers'
      })
      return rows.map(mapSummary)
    },

    async inspectContainer(id, signal) {
      return mapContainer(
        await ask({ method: 'GET', path: `/containers/${id}/json`, what: 'inspect the container', signal })
      )
    },

    async containerSpec(id) {
      return mapSpec(await ask({ method: 'GET', path: `/containers/${id}/json`, what: 'inspect the container' }))
    },

    async createContainer(name, spec, signal) {
      const body = createPayload(spec)
      type Created = { Id: string; Warnings: string[] | null }
      const created = await make<Created>({
        method: 'POST',
        path: '/containers/create',
        query: { name },
        body,
        what: 'create the container',
        signal
      })
      return { id: created.Id, warnings: created.Warnings ?? [] }
    },

    async startContainer(id, signal) {
      await change<void>({ method: 'POST', path: `/containers/${id}/start`, what: 'start the container', signal })
    },

    async stopContainer(id, timeoutSeconds, signal) {
      // The engine waits for the workload first; with less than nothing, without end.
      const waitSeconds = timeoutSeconds < 0 ? LONGEST_STOP_SECONDS : Math.min(timeoutSeconds, LONGEST_STOP_SECONDS)
      const timeoutMs = changeTimeoutMs + waitSeconds * 1000
      const query = { t: timeoutSeconds }
      const asked = { method: 'POST', path: `/containers/${id}/stop`, query, what: 'stop the container' } as const
      // It takes no turn, nor a socket of the other calls: many slow ends at once must not hold up everybody else.
      await ask<void>({ ...asked, timeoutMs, signal }, 'streams')
    },

    async removeContainer(id, { force, volumes }) {
      const query = { force: force ? 1 : 0, v: volumes ? 1 : 0 }
      const removal = change<void>({ method: 'DELETE', path: `/containers/${id}`, query, what: 'remove the container' })
      return (
        (await unlessGone(
          'CONTAINER_NOT_FOUND',
          removal.then(() => true)
        )) ?? false
      )
    },

    async renameContainer(id, name) {
      await change<void>({
        method: 'POST',
        path: `/containers/${id}/rename`,
        query: { name },
        what: 'rename the container'
      })
    },

    async updateContainer(id, update) {
      await change<unknown>({
        method: 'POST',
        path: `/containers/${id}/update`,
        body: updatePayload(update),
        what: 'change the container'
      })
    },

    async commitContainer(id, repository, tag, labels) {
      const query = { container: id, repo: repository, tag, pause: 0 }
      const made = await change<{ Id: string }>({
        method: 'POST',
        path: '/commit',
        query,
        body: { Labels: labels },
        what: 'keep the filesystem of the container'
      })
      return made.Id
    },

    async *containerLogs(id, tty, query, signal) {
      const { stdout, stderr, follow, tail, since, until } = query
      const chunks = await stream({
        method: 'GET',
        path: `/containers/${id}/logs`,
        query: {
          stdout: Number(stdout),
          stderr: Number(stderr),
          follow: Number(follow),
          timestamps: 1,
          tail: tail ?? 'all',
          ...(since && { since }),
          ...(until && { until })
        },
        what: 'read the output of the container',
        signal
      })
      try {
        yield* readLogLines(chunks, tty)
      } catch (cause) {
        if (signal?.aborted) throw cause
        throw new AppError('ENGINE_UNAVAILABLE', 'The engine went away while it told what the container wrote.', {
          cause
        })
      } finally {
        chunks.destroy()
      }
    },

    async containerCounters(id, signal) {
      const query = { stream: 'false', 'one-shot': 'true' }
      const asked = {
        method: 'GET',
        path: `/containers/${id}/stats`,
        query,
        what: 'measure the container',
        signal
      } as const
      // The answer comes with the engine's next round, up to a second later. Other calls must not wait for the socket.
      return mapCounters(await ask<RawStats>(asked, 'streams'))
    },

    async containerProcesses(id, signal) {
      type Top = { Titles: string[]; Processes: string[][] | null }
      const top = await ask<Top>({
        method: 'GET',
        path: `/containers/${id}/top`,
        what: 'list the processes of the container',
        signal
      })
      return { titles: top.Titles, processes: top.Processes ?? [] } satisfies ProcessTable
    },

    exec(id, asked, limits) {
      return runExec({ change: make, ask, stream }, id, asked, limits)
    },

    ...createDiskCalls({ ask, change, stream }),

    ...createNetworkCalls({ ask, change: make, remove: change }),

    ...createImageCalls(
      { ask, change, stream },
      { idleMs: options.registryIdleMs, totalMs: options.registryTimeoutMs }
    ),

    hasBuildKit() {
      return connection.status().available && !isPodman()
    },

    buildImage(spec, context, signal) {
      // Podman runs steps in nothing that its list of containers shows.
      const mark = spec.builder === 'classic' && !isPodman() ? markOf(spec.id) : undefined
      return buildImage(stream, spec, { context, mark, signal })
    },

    removeBuildContainers(id, since) {
      return removeBuildContainers({ ask, change }, id, since)
    },

    async createVolume(name, labels) {
      await make<unknown>({
        method: 'POST',
        path: '/volumes/create',
        body: { Name: name, Labels: labels },
        what: 'create the volume'
      })
    },

    async volumeExists(name) {
      const found = await ask<{ Volumes: { Name: string }[] | null }>({
        method: 'GET',
        path: '/volumes',
        query: { filters: { name: [name] } },
        what: 'look for the volume'
      })
      return (found.Volumes ?? []).some((volume) => volume.Name === name)
    },

    async listVolumes({ label }) {
      const found = await ask<{ Volumes: { Name: string }[] | null }>({
        method: 'GET',
        path: '/volumes',
        query: { filters: { label: [label] } },
        what: 'list volumes'
      })
      return (found.Volumes ?? []).map(({ Name: name }) => name)
    },

    async removeVolume(name) {
      try {
        await change<void>({
          method: 'DELETE',
          path: `/volumes/${encodeURIComponent(name)}`,
          what: 'remove the volume'
        })
        return true
      } catch (error) {
        if (await this.volumeExists(name)) throw error
        return false
      }
    },

    async events(since, signal) {
      const chunks = await stream({
        method: 'GET',
        path: '/events',
        query: {
          filters: { type: ['container', 'image', 'network'], event: [...EVENTS, ...IMAGE_EVENTS, ...NETWORK_EVENTS] },
          ...(since && { since: (since / 1e9).toFixed(9) })
        },
        what: 'report events',
        signal
      })
      return readEvents(chunks)
    }
  }
}

async function* readEvents(chunks: Readable): AsyncGenerator<EngineEvent> {
  type Raw = {
    Type: EngineEvent['type']
    Action: string
    Actor: { ID: string; Attributes?: Record<string, string> }
    timeNano: number
  }
  try {
    for await (const line of readLines(chunks)) {
      if (line.trim() === '') continue
      const event = JSON.parse(line) as Raw
      yield {
        type: event.Type,
        action: event.Action,
        id: event.Actor.ID,
        attributes: event.Actor.Attributes ?? {},
        timeNano: event.timeNano
      }
    }
  } finally {
    chunks.destroy()
  }
}
