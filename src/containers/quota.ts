// How many containers somebody may have, also when many are asked for at once.

import type { Policy } from '../access/policy.ts'
import type { Inventory } from '../inventory/inventory.ts'

export function createQuota({ inventory, policy }: { inventory: Pick<Inventory, 'all'>; policy: Policy }) {
  const underWay = new Map<string, number>()
  const attempts = new Set<string>()

  /** What is being made is counted as such, and not again when the inventory has it already. */
  function count(owner: string): number {
    let made = 0
    for (const record of inventory.all()) {
      const { managed, owner: holder, attempt } = record.berth
      if (managed && (holder ?? '') === owner && !attempts.has(attempt ?? '')) made++
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
    },
    begun: (attempt: string): void => void attempts.add(attempt),
    ended: (attempt: string): void => void attempts.delete(attempt)
  }
}
