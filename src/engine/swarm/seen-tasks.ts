// Where the last poll saw the running tasks. Statistics of thousands of containers would otherwise ask the managers for two
// things a second about each.

import { readFacts } from '../labels.ts'
import type { PlacedTask } from './on-nodes.ts'
import type { RawTask } from './schemas/tasks.ts'

export type SeenTasks = ReturnType<typeof createSeenTasks>
/** Keeps only the necessary fields of thousands of tasks. */
export type SeenTask = PlacedTask & { isBerths: boolean }

export function createSeenTasks() {
  let last: ReadonlyMap<string, SeenTask> = new Map()
  return {
    take(tasks: readonly RawTask[]): void {
      last = new Map(
        tasks.flatMap((task) => (task.Status.State === 'running' ? [[task.ServiceID ?? '', seen(task)]] : []))
      )
    },
    /** Undefined if none ran. It may have moved since. */
    runningOf: (serviceId: string | undefined): SeenTask | undefined => last.get(serviceId ?? '')
  }
}

function seen({ NodeID: node, Status: { ContainerStatus: container }, Spec: spec }: RawTask): SeenTask {
  const isBerths = readFacts(spec?.ContainerSpec?.Labels ?? {}).managed
  return { NodeID: node, Status: { ContainerStatus: container }, isBerths }
}
