// The plan of one epoch, derived from its seed: the requests of each client, and the faults meanwhile.

import type { Fault } from '../fault-proxy.ts'
import { SPOILINGS } from '../spoilt-answers.ts'
import type { Operation } from './model.ts'
import { createRandom, type Random } from './random.ts'

export type Trouble = 'none' | 'kill' | 'freeze' | 'proxy' | 'full disk' | 'kill and proxy'
/** One client with one name. `server`: the first or the second. */
export type Client = { server: 0 | 1; byKey: boolean; operations: { operation: Operation; twice: boolean }[] }
export type Plan = {
  seed: number
  trouble: Trouble
  clients: Client[]
  build: boolean
  /** The number of answers before the faults begin. */
  troubleAfter: number
  faults: Fault[]
}

export const TROUBLES: Trouble[] = ['none', 'kill', 'freeze', 'proxy', 'full disk', 'kill and proxy']
const CLIENTS = 6
const OPERATIONS = 4
const VERBS: Operation[] = ['start', 'stop', 'stop', 'remove', 'end soon', 'end never', 'get']
const FAULTS: Fault[] = ['drop', 'lose answer', 'fail', 'hang', ...SPOILINGS]

export function planEpoch(seed: number, possible: Trouble[]): Plan {
  const random = createRandom(seed)
  return {
    seed,
    trouble: random.pick(possible),
    clients: Array.from({ length: CLIENTS }, (_none, index) => planClient(random, index)),
    build: random.chance(0.3),
    troubleAfter: 1 + random.below(CLIENTS * 2),
    faults: Array.from({ length: 4 }, () => random.pick(FAULTS))
  }
}

function planClient(random: Random, index: number): Client {
  const byKey = random.chance(0.5)
  const create = byKey ? 'create by key' : 'create'
  const operations = Array.from({ length: OPERATIONS }, (_none, step) => {
    const operation = step === 0 || random.chance(0.25) ? create : random.pick(VERBS)
    return { operation, twice: operation === 'create by key' && random.chance(0.4) }
  })
  return { server: index < CLIENTS - 2 ? 0 : 1, byKey, operations }
}
