// A fingerprint of a service's tasks, which changes when they do. Pure.

import type { NodeRecord } from '../contract/nodes.ts'
import type { RawTask } from './schemas/tasks.ts'

/** By service: its tasks, their states, and whether their nodes are ready. */
export function looksOf(tasks: readonly RawTask[], nodes: ReadonlyMap<string, NodeRecord>): Map<string, string> {
  const looks = new Map<string, string>()
  for (const { ServiceID: serviceId, ID: id, NodeID: nodeId, Status: status } of tasks) {
    if (!serviceId) continue
    const look = [id, status.State, status.Err ?? '', nodes.get(nodeId ?? '')?.state ?? ''].join(' ')
    looks.set(serviceId, `${looks.get(serviceId) ?? ''}\n${look}`)
  }
  return looks
}
