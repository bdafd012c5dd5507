// How many containers somebody may have, also when many are asked for at once.

import type { Policy } from '../access/policy.ts'
import type { ContainerRecord } from '../engine/contract/containers.ts'
import type { Inventory } from '../inventory/inventory.ts'

export function createQuota({
  inventory,
  policy,
  isMaking
}: {
  inventory: Pick<Inventory, 'all'>
  policy: Policy
  isMaking: (record: ContainerRecord) => boolean
}) {
  const underWay = new Map<string, number>()

  /** What is being made is counted as such, and not again when the inventory has it already. */
  function count(owner: string): number {
    let made = 0
    for (const record of inventory.all()) {
      const { managed, owner: holder } = record.berth
      if (managed && (holder ?? '') === owner && !isMaking(record)) made++
    }
    return made + (underWay.get(owner) ?? 0)
  }

  return {
    /** Callers without a token's id, as on a server without tokens, are one. */
    async holding<T>(token: string | null, task: () => Promise<T>): Promise<T> {
      if (!policy.limitsContainers) return task()
      const owner = token ?? ''
      policy.check({ containers: count(owner) + 1 })
      underWay.set(owner, (underWay.get(owner) ?? 0) + 1)
      try {
        return await task()
      } finally {
        const rest = (underWay.get(owner) ?? 1) - 1
        if (rest > 0) underWay.set(owner, rest)
        else underWay.delete(owner)
      }
    }
  }
}
