// Restarts workloads that a lost node or a drain ended and Swarm leaves ended: a restart policy of "no" concerns only the exit
// of the workload itself. Several Berths may notice at once. The version of the service lets one of them act.

import { readFacts } from '../labels.ts'
import type { Life } from './life.ts'
import { runOfService } from './map-service.ts'
import type { Reads } from './reads.ts'
import type { RawService } from './schemas/services.ts'

export type Keeper = ReturnType<typeof createKeeper>

type Log = Record<'debug' | 'warn', (fields: object, message: string) => void>

// Services that ended while no Berth watched.
const ALL_MS = 10_000

export function createKeeper({ reads, life, log }: { reads: Reads; life: Pick<Life, 'bringBack'>; log: Log }) {
  let lookedAt = -Infinity

  async function lookAt(service: RawService): Promise<void> {
    if (!readFacts(service.Spec.Labels ?? {}).managed) return
    const [tasks, nodes] = await Promise.all([reads.tasksOf(service.ID), reads.nodes.get()])
    if (!runOfService(service, tasks, nodes).isLost) return
    const wasBrought = await life.bringBack(service)
    if (wasBrought)
      log.warn(
        { name: service.Spec.Name },
        'the node of this container was lost or drained: Berth starts it on another'
      )
  }

  async function lookAtAll(): Promise<void> {
    const [services, tasks, nodes] = await Promise.all([reads.services(), reads.tasks({}), reads.nodes.get()])
    const byService = Map.groupBy(tasks, ({ ServiceID: id }) => id ?? '')
    const lost = services.filter((service) => runOfService(service, byService.get(service.ID) ?? [], nodes).isLost)
    for (const service of lost) await lookAt(service)
  }

  async function lookAtSome(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      const service = await reads.service(id)
      if (service) await lookAt(service)
    }
  }

  return {
    /** Runs in the background. The next poll retries failures. */
    look(changed: readonly string[]): void {
      const isTime = performance.now() - lookedAt > ALL_MS
      if (isTime) lookedAt = performance.now()
      const looking = isTime ? lookAtAll() : lookAtSome(changed)
      looking.catch((err: unknown) => log.debug({ err }, 'lost containers could not be looked for'))
    }
  }
}
