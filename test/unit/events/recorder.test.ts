import t from 'tap'
import { ANYBODY } from '../../../src/access/caller.ts'
import type { EngineStatus } from '../../../src/engine/contract/availability.ts'
import type { ContainerRecord } from '../../../src/engine/contract/containers.ts'
import type { NodeRecord } from '../../../src/engine/contract/nodes.ts'
import { createEventLog, type Told } from '../../../src/events/log.ts'
import { containerEvents, recordEvents } from '../../../src/events/recorder.ts'
import type { PortChange } from '../../../src/ports/allocator.ts'
import { fakeInventory } from '../../helpers/fake-inventory.ts'
import { container } from '../../helpers/records.ts'

const T1 = '2026-01-01T00:00:01Z'
const T2 = '2026-01-01T00:05:00Z'
const limits = { memoryBytes: 64, cpus: 1, pids: 10, nofile: null, storageBytes: null, ioWeight: null }

const made = container({ state: 'created', startedAt: null, pid: null, limits })
const running = container({ startedAt: T1, limits })
const again = container({ startedAt: T2, limits })
const exited = container({ state: 'exited', startedAt: T1, exitCode: 3, limits })
const exitedAgain = { ...exited, startedAt: T2, exitCode: 4 }

type Case = {
  why: string
  before: ContainerRecord | undefined
  after: ContainerRecord | undefined
  types: string[]
  facts?: object
}

const CASES: Case[] = [
  {
    why: 'a new one',
    before: undefined,
    after: made,
    types: ['created'],
    facts: { name: 'web', image: 'app:1', state: 'created' }
  },
  { why: 'a new one that was seen late', before: undefined, after: running, types: ['created', 'running'] },
  { why: 'a new one that ended before it was seen', before: undefined, after: exited, types: ['created', 'exited'] },
  { why: 'started', before: made, after: running, types: ['running'] },
  { why: 'no visible change', before: running, after: { ...running }, types: [] },
  { why: 'ended', before: running, after: exited, types: ['exited'], facts: { exit_code: 3, oom_killed: false } },
  {
    why: 'killed for its memory',
    before: running,
    after: { ...exited, exitCode: 137, oomKilled: true },
    types: ['exited'],
    facts: { exit_code: 137, oom_killed: true }
  },
  { why: 'started again', before: exited, after: again, types: ['running'] },
  { why: 'restarted between two reads', before: running, after: again, types: ['restarted'] },
  {
    why: 'restarted and ended between two reads',
    before: exited,
    after: exitedAgain,
    types: ['exited'],
    facts: { exit_code: 4 }
  },
  { why: 'between two runs', before: running, after: { ...running, state: 'restarting' }, types: ['restarting'] },
  { why: 'paused', before: running, after: { ...running, state: 'paused' }, types: ['paused'] },
  { why: 'goes on', before: { ...running, state: 'paused' }, after: running, types: ['running'] },
  { why: 'removed', before: exited, after: undefined, types: ['removed'], facts: { name: 'web' } },
  { why: 'removed before it was known', before: undefined, after: undefined, types: [] },
  {
    why: 'renamed',
    before: running,
    after: { ...running, name: 'shop' },
    types: ['renamed'],
    facts: { name: 'shop', from: 'web' }
  },
  {
    why: 'renamed and ended at once',
    before: running,
    after: { ...exited, name: 'shop' },
    types: ['renamed', 'exited']
  },
  {
    why: 'its health checks begin',
    before: made,
    after: { ...running, health: 'starting' },
    types: ['running', 'health']
  },
  {
    why: 'healthy',
    before: { ...running, health: 'starting' },
    after: { ...running, health: 'healthy' },
    types: ['health'],
    facts: { health: 'healthy' }
  },
  {
    why: 'ended, so it has no health any more',
    before: { ...running, health: 'healthy' },
    after: { ...exited, health: null },
    types: ['exited']
  },
  {
    why: 'ended, which makes it unhealthy to the engine',
    before: { ...running, health: 'healthy' },
    after: { ...exited, health: 'unhealthy' },
    types: ['exited']
  },
  {
    why: 'a memory limit',
    before: running,
    after: { ...running, limits: { ...limits, memoryBytes: 9 } },
    types: ['updated']
  },
  { why: 'a CPU limit', before: running, after: { ...running, limits: { ...limits, cpus: 2 } }, types: ['updated'] },
  {
    why: 'a process limit',
    before: running,
    after: { ...running, limits: { ...limits, pids: null } },
    types: ['updated']
  },
  { why: 'a restart policy', before: running, after: { ...running, restart: 'always' }, types: ['updated'] }
]

for (const { why, before, after, types, facts } of CASES) {
  t.test(`a container: ${why}`, async (t) => {
    const found = containerEvents({ before, after })
    t.strictSame(
      found.map(({ type }) => type),
      types.map((type) => `container.${type}`)
    )
    if (facts) t.match(found[0]?.facts, { id: container().id.slice(0, 12), ...facts })
  })
}

function watch() {
  const log = createEventLog({ epoch: 'e', now: () => 0 })
  const inventory = fakeInventory()
  let changePort = (_change: PortChange) => {}
  let changeEngine = (_status: EngineStatus) => {}
  let look = (_nodes: readonly NodeRecord[]) => {}
  recordEvents(log, {
    inventory,
    ports: { onChange: (watcher) => (changePort = watcher) },
    engine: { onStatus: (watcher) => (changeEngine = watcher) },
    nodes: { onNodes: (watcher) => void (look = watcher) },
    ownerOfNetwork: async () => undefined
  })
  return {
    inventory,
    changePort: (change: PortChange) => changePort(change),
    changeEngine: (status: EngineStatus) => changeEngine(status),
    look: (...nodes: NodeRecord[]) => look(nodes),
    async since(id: string) {
      const end = new AbortController()
      const events: Told[] = []
      const reading = (async () => {
        for await (const event of log.stream(ANYBODY, id, end.signal)) events.push(event)
      })()
      await new Promise((resolve) => setImmediate(resolve))
      end.abort()
      await reading
      return events.map((told): Record<string, unknown> => ('event' in told ? told.event : {}))
    }
  }
}

t.test('containers, ports and the engine in one order', async (t) => {
  const { inventory, changePort, changeEngine, since } = watch()
  inventory.sync()
  inventory.put(made)
  changePort({ port: 8001, protocol: 'tcp', from: 'leased', to: 'bound' })
  inventory.put(running)
  changeEngine({ available: false, address: null, reason: 'nobody listens', since: T1 })
  changeEngine({ available: true, address: 'unix:///x', source: '', name: '', version: '20.10', apiVersion: '1.41' })
  t.match(await since('e-0'), [
    { type: 'container.created', name: 'web' },
    { type: 'port.changed', port: 8001, protocol: 'tcp', from: 'leased', to: 'bound' },
    { type: 'container.running' },
    { type: 'engine.unavailable', reason: 'nobody listens' },
    { type: 'engine.available', version: '20.10', address: 'unix:///x' }
  ])
})

t.test('existing containers at the start cause no events', async (t) => {
  const { inventory, changePort, since } = watch()
  inventory.put(running)
  changePort({ port: 8001, protocol: 'tcp', from: 'free', to: 'bound' })
  inventory.sync()
  inventory.put(exited)
  changePort({ port: 8001, protocol: 'tcp', from: 'bound', to: 'parked' })
  t.match(await since('e-0'), [{ type: 'container.exited' }, { type: 'port.changed', to: 'parked' }])
})

t.test('nodes, from the second read on', async (t) => {
  const { look, since } = watch()
  const one: NodeRecord = {
    id: 'one',
    name: 'n1',
    address: '10.0.0.1',
    role: 'worker',
    isLeader: false,
    isReachable: null,
    state: 'ready',
    availability: 'active',
    cpus: 2,
    memoryBytes: 1024,
    engineVersion: '28.5.2',
    architecture: 'x86_64',
    labels: {}
  }
  const two = { ...one, id: 'two', name: 'n2' }
  look(one)
  look(one, two)
  look({ ...one, labels: { rack: 'b' } }, two)
  look({ ...one, state: 'down' }, { ...two, availability: 'drain' })
  look({ ...two, availability: 'drain' })
  t.match(await since('e-0'), [
    { type: 'node.added', id: 'two', name: 'n2', state: 'ready' },
    { type: 'node.updated', name: 'n1', state: 'down' },
    { type: 'node.updated', name: 'n2', availability: 'drain' },
    { type: 'node.removed', name: 'n1' }
  ])
})
