// Containers: list, inspect, create, start, stop, change, remove.

import { AppError, isAppError } from '../../errors.ts'
import type { EngineContainers } from '../contract/containers.ts'
import { unlessGone, type Calls } from './calls.ts'
import { mapContainer, mapSpec, mapSummary } from './map.ts'
import { imageInspection } from './images.ts'
import { commitInstructions, createPayload, updatePayload } from './payload.ts'
import { readContainer, readContainerRows, readCreated, readRowsLabelled } from './schemas/containers.ts'
import { readMade } from './schemas/schema.ts'
import { readInfo } from './schemas/system.ts'
import { withoutImage } from './spec-without-image.ts'

// The limit of timers; a workload's own timeout may be anything.
const LONGEST_STOP_SECONDS = 86_400

// For overlay2 the underlying file system decides, which the engine checks.
const MEASURING_DRIVERS: ReadonlySet<string> = new Set(['overlay2', 'btrfs', 'zfs'])

const inspection = (id: string) =>
  ({ method: 'GET', path: `/containers/${id}/json`, what: 'inspect the container', answer: readContainer(id) }) as const

export function createContainerCalls(
  { ask, change, make }: Calls,
  { changeTimeoutMs, isPodman }: { changeTimeoutMs: number; isPodman: () => boolean }
): EngineContainers {
  async function unpauseContainer(id: string): Promise<void> {
    await change({ method: 'POST', path: `/containers/${id}/unpause`, what: 'let the container go on' })
  }

  /** Other drivers refuse a limit, or ignore it silently. */
  async function checkMeasuresStorage(): Promise<void> {
    const { Driver: driver } = await ask({ method: 'GET', path: '/info', what: 'describe itself', answer: readInfo })
    if (MEASURING_DRIVERS.has(driver ?? '')) return
    throw new AppError(
      'LIMIT_UNAVAILABLE',
      `The engine cannot limit the storage of a container with its storage driver ${driver ?? ''}.`
    )
  }

  return {
    async listContainers(filter) {
      const filters = filter?.label ? { label: [filter.label] } : {}
      const rows = await ask({
        method: 'GET',
        path: '/containers/json',
        query: { all: 1, filters },
        what: 'list containers',
        answer: filter?.label ? readRowsLabelled(filter.label) : readContainerRows
      })
      return rows.map(mapSummary)
    },

    async inspectContainer(id, signal) {
      const found = await unlessGone('CONTAINER_NOT_FOUND', ask({ ...inspection(id), signal }))
      return found && mapContainer(found)
    },

    async containerSpec(id, { without } = {}) {
      const spec = mapSpec(await ask(inspection(id)))
      return without === undefined ? spec : withoutImage(spec, await ask(imageInspection(without)))
    },

    async createContainer(name, spec, signal) {
      if (spec.placement) throw needsSwarm()
      if (spec.limits.storageBytes !== null) await checkMeasuresStorage()
      const body = createPayload(spec)
      const created = await make({
        method: 'POST',
        path: '/containers/create',
        query: { name },
        body,
        what: 'create the container',
        answer: readCreated,
        queueSignal: signal
      })
      return { id: created.Id, warnings: created.Warnings ?? [] }
    },

    async startContainer(id, signal) {
      await change({
        method: 'POST',
        path: `/containers/${id}/start`,
        what: 'start the container',
        queueSignal: signal
      })
    },

    async stopContainer(id, timeoutSeconds, signal) {
      // The engine first waits for the workload, with a negative timeout forever.
      const waitSeconds = timeoutSeconds < 0 ? LONGEST_STOP_SECONDS : Math.min(timeoutSeconds, LONGEST_STOP_SECONDS)
      const timeoutMs = changeTimeoutMs + waitSeconds * 1000
      const query = { t: timeoutSeconds }
      const asked = { method: 'POST', path: `/containers/${id}/stop`, query, what: 'stop the container' } as const
      // It takes no turn and no socket of the other calls: many slow stops must not delay others.
      const stop = () => ask({ ...asked, timeoutMs, signal }, 'streams')
      try {
        await stop()
      } catch (error) {
        // Podman does not stop paused containers.
        if (!isAppError(error, 'CONTAINER_RUNNING')) throw error
        await unpauseContainer(id)
        await stop()
      }
    },

    async removeContainer(id, { force, volumes }) {
      const query = { force: force ? 1 : 0, v: volumes ? 1 : 0 }
      const removal = change({ method: 'DELETE', path: `/containers/${id}`, query, what: 'remove the container' })
      return (
        (await unlessGone(
          'CONTAINER_NOT_FOUND',
          removal.then(() => true)
        )) ?? false
      )
    },

    async renameContainer(id, name) {
      await change({
        method: 'POST',
        path: `/containers/${id}/rename`,
        query: { name },
        what: 'rename the container'
      })
    },

    async pauseContainer(id) {
      await change({ method: 'POST', path: `/containers/${id}/pause`, what: 'pause the container' })
    },

    unpauseContainer,

    async updateContainer(id, update) {
      await change({
        method: 'POST',
        path: `/containers/${id}/update`,
        body: updatePayload(update, { isPodman: isPodman() }),
        what: 'change the container'
      })
    },

    async commitContainer(id, repository, tag, { labels, emptied }) {
      const changes = isPodman() ? commitInstructions({ labels, emptied }) : []
      const query = { container: id, repo: repository, tag, pause: 0, changes }
      const made = await change({
        method: 'POST',
        path: '/commit',
        query,
        body: { Labels: labels, Env: emptied.map((name) => `${name}=`) },
        what: 'keep the filesystem of the container',
        answer: readMade
      })
      return made.Id
    }
  }
}

function needsSwarm(): AppError {
  return new AppError(
    'SWARM_NEEDED',
    'This server runs containers on one engine, so there is no choice of a node. Leave out constraints and spread, or set BERTH_ENGINE=swarm.'
  )
}
