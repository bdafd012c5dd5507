// Limits the amounts per token, even for concurrent requests.

import type { Amounts, Policy } from '../access/policy.ts'
import type { ContainerRecord } from '../engine/contract/containers.ts'
import type { Inventory } from '../inventory/inventory.ts'

const KINDS = ['containers', 'ports', 'memory', 'cpus'] as const
const NOTHING = { containers: 0, ports: 0, memory: 0, cpus: 0 }

export type Quota = ReturnType<typeof createQuota>

export function createQuota({
  inventory,
  policy,
  isMaking
}: {
  inventory: Pick<Inventory, 'all'>
  policy: Pick<Policy, 'limits' | 'check'>
  isMaking: (record: ContainerRecord) => boolean
}) {
  const underWay = new Map<string, Set<Amounts>>()

  /** Counts containers being created, but not twice once the inventory has them. */
  function held(owner: string): Amounts[] {
    const made: Amounts[] = []
    for (const record of inventory.all()) {
      const { managed, owner: holder } = record.berth
      if (managed && (holder ?? '') === owner && !isMaking(record)) made.push(amountsOf(record))
    }
    return [...made, ...(underWay.get(owner) ?? [])]
  }

  return {
    /** Callers without a token's id, as on a server without tokens, are one. */
    async holding<T>(token: string | null, asked: Amounts, task: () => Promise<T>): Promise<T> {
      if (!policy.limits(...KINDS)) return task()
      const owner = token ?? ''
      policy.check({ amounts: onlyAsked(asked, [...held(owner), asked].reduce<Amounts>(sum, NOTHING)) })
      const own = underWay.get(owner) ?? new Set()
      underWay.set(owner, own.add(asked))
      try {
        return await task()
      } finally {
        own.delete(asked)
        if (own.size === 0) underWay.delete(owner)
      }
    }
  }
}

function amountsOf({ ports, limits }: ContainerRecord): Amounts {
  return { containers: 1, ports: ports.length, memory: limits.memoryBytes ?? 0, cpus: limits.cpus ?? 0 }
}

function sum(all: Amounts, more: Amounts): Amounts {
  return Object.fromEntries(KINDS.map((kind) => [kind, (all[kind] ?? 0) + (more[kind] ?? 0)]))
}

/** A change without an increase is always allowed, even under a new policy. */
function onlyAsked(asked: Amounts, all: Amounts): Amounts {
  return Object.fromEntries(KINDS.filter((kind) => (asked[kind] ?? 0) > 0).map((kind) => [kind, all[kind]]))
}
