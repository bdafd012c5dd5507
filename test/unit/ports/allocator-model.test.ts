// Random operations against a model so simple that it is evidently right: the state of each port is recomputed from
// all known facts, and the next port is the one that has been free, or else parked, for longest.

import fc from 'fast-check'
import t from 'tap'
import { isAppError } from '../../../src/errors.ts'
import { createAllocator, type Allocator, type Lease } from '../../../src/ports/allocator.ts'
import type { PortState } from '../../../src/ports/port-table.ts'

const FIRST = 8001
const LAST = 8006
const RESERVED = 8004
const PORTS = Array.from({ length: LAST - FIRST + 1 }, (_, index) => FIRST + index)

type Model = {
  now: number
  steps: number
  leases: Lease[]
  blocks: Map<number, number>
  claims: Map<string, { ports: number[]; bound: boolean }>
  states: Map<number, PortState>
  since: Map<number, number>
}
type Real = { allocator: Allocator; clock: { now: number } }

function stateIn(model: Model, port: number): PortState {
  if (port === RESERVED) return 'reserved'
  if (model.leases.some((lease) => lease.port === port)) return 'leased'
  const claims = [...model.claims.values()].filter(({ ports }) => ports.includes(port))
  if (claims.some(({ bound }) => bound)) return 'bound'
  if ((model.blocks.get(port) ?? 0) > model.now) return 'blocked'
  return claims.length > 0 ? 'parked' : 'free'
}

/** Several ports may have become free in the same step: any of them may come first. */
function nextPorts(model: Model): number[] {
  for (const state of ['free', 'parked']) {
    const ports = PORTS.filter((port) => model.states.get(port) === state)
    const oldest = Math.min(...ports.map((port) => model.since.get(port) ?? 0))
    if (ports.length > 0) return ports.filter((port) => (model.since.get(port) ?? 0) === oldest)
  }
  return []
}

function settle(model: Model): void {
  model.steps++
  for (const port of PORTS) {
    const state = stateIn(model, port)
    if (model.states.get(port) !== state) model.since.set(port, model.steps)
    model.states.set(port, state)
  }
}

function compare(model: Model, { allocator }: Real): void {
  settle(model)
  const counts = { free: 0, leased: 0, bound: 0, parked: 0, blocked: 0, reserved: 0 }
  for (const port of PORTS) {
    const state = stateIn(model, port)
    counts[state]++
    if (allocator.stateOf(port, 'tcp') !== state)
      throw new Error(`${port} is ${allocator.stateOf(port, 'tcp')} and should be ${state}`)
  }
  const told = allocator.counts('tcp')
  if (JSON.stringify(told) !== JSON.stringify(counts)) throw new Error(`counts ${JSON.stringify(told)}`)
  if (allocator.counts('udp').leased + allocator.counts('udp').bound !== 0) throw new Error('UDP was touched')
}

const command = (name: string, run: (model: Model, real: Real) => void): fc.Command<Model, Real> => ({
  check: () => true,
  run(model, real) {
    run(model, real)
    compare(model, real)
  },
  toString: () => name
})

function lease(model: Model, task: () => Lease): Lease | undefined {
  try {
    const given = task()
    model.leases.push(given)
    return given
  } catch (error) {
    if (isAppError(error, 'PORT_RANGE_EXHAUSTED', 'PORT_UNAVAILABLE')) return undefined
    throw error
  }
}

const port = fc.integer({ min: FIRST, max: LAST })
const containerId = fc.constantFrom('a', 'b', 'c')
const commands = [
  fc.uuid().map((owner) =>
    command('lease', (model, { allocator }) => {
      const expected = nextPorts(model)
      const given = lease(model, () => allocator.lease('tcp', owner))
      if (given ? !expected.includes(given.port) : expected.length > 0)
        throw new Error(`gave ${given?.port}, not one of ${expected.join(', ')}`)
    })
  ),
  fc.tuple(port, fc.uuid()).map(([wanted, owner]) =>
    command(`lease ${wanted}`, (model, { allocator }) => {
      const isFree = ['free', 'parked'].includes(stateIn(model, wanted))
      const given = lease(model, () => allocator.leaseExactly(wanted, 'tcp', owner))
      if ((given?.port === wanted) !== isFree) throw new Error(`${wanted}: ${given ? 'given' : 'refused'}`)
    })
  ),
  fc.nat(10).map((index) =>
    command(`release ${index}`, (model) => {
      const [released] = model.leases.splice(index, 1)
      released?.release()
      // A second release must not take it from the next owner.
      released?.release()
    })
  ),
  fc.nat(10).map((index) =>
    command(`block ${index}`, (model) => {
      const [blocked] = model.leases.splice(index, 1)
      blocked?.block('taken')
      if (blocked) model.blocks.set(blocked.port, model.now + 60_000)
    })
  ),
  fc.tuple(port, fc.integer({ min: 1, max: 100_000 })).map(([blocked, forMs]) =>
    command(`block ${blocked} for ${forMs}`, (model, { allocator }) => {
      allocator.block(blocked, 'tcp', 'seen', forMs)
      model.blocks.set(blocked, model.now + forMs)
    })
  ),
  fc.tuple(containerId, fc.uniqueArray(port, { maxLength: 3 }), fc.boolean()).map(([id, ports, bound]) =>
    command(`observe ${id} ${ports.join(',')} ${bound ? 'bound' : 'parked'}`, (model, { allocator }) => {
      allocator.observe(
        id,
        ports.map((used) => ({ port: used, protocol: 'tcp' })),
        bound
      )
      model.claims.set(id, { ports, bound })
      if (bound) for (const used of ports) model.blocks.delete(used)
    })
  ),
  containerId.map((id) =>
    command(`forget ${id}`, (model, { allocator }) => {
      allocator.forget(id)
      model.claims.delete(id)
    })
  ),
  fc.integer({ min: 1, max: 70_000 }).map((ms) =>
    command(`${ms} ms pass`, (model, { clock }) => {
      model.now += ms
      clock.now = model.now
    })
  )
]

t.test('the allocator always agrees with the model', async () => {
  fc.assert(
    fc.property(fc.commands(commands, { maxCommands: 60 }), (run) => {
      fc.modelRun(() => {
        const clock = { now: 0 }
        const allocator = createAllocator({
          range: { first: FIRST, last: LAST },
          reserved: new Map([[RESERVED, 'by hand']]),
          now: () => clock.now
        })
        const model: Model = {
          now: 0,
          steps: 0,
          leases: [],
          blocks: new Map(),
          claims: new Map(),
          states: new Map(PORTS.map((each) => [each, each === RESERVED ? 'reserved' : 'free'])),
          // In the first round they come in order.
          since: new Map(PORTS.map((each) => [each, each - LAST]))
        }
        return { model, real: { allocator, clock } }
      }, run)
    }),
    { numRuns: 500 }
  )
})
