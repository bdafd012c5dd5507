import t from 'tap'
import { ANYBODY } from '../../../src/access/caller.ts'
import type { ContainerRecord } from '../../../src/engine/contract/containers.ts'
import { container } from '../../helpers/records.ts'
import { MIB, statsService } from '../../helpers/stats-service.ts'

t.test('the latest sample', async (t) => {
  const limits = { memoryBytes: 64 * MIB, cpus: 0.5, pids: 10, nofile: null, storageBytes: null, ioWeight: null }
  const { stats, pass } = statsService(t, [container({ limits })])
  await pass(16)
  t.match(await stats.latest(ANYBODY, 'web'), {
    container_id: container().id.slice(0, 12),
    name: 'web',
    cpu_percent: 25,
    cpu_percent_of_limit: 50,
    memory_bytes: 16 * MIB,
    memory_usage: '16.00 MB',
    memory_limit: '64.00 MB',
    memory_limit_bytes: 64 * MIB,
    memory_percent: 25,
    source: 'cgroup'
  })
})

t.test('without a memory limit the answer has none', async (t) => {
  const { stats, pass } = statsService(t)
  await pass(2)
  const found = await stats.latest(ANYBODY, 'web')
  t.match(found, { memory_limit: 'unlimited', memory_limit_bytes: null, cpu_percent_of_limit: null })
  t.match(found, { memory_bytes: 2 * MIB, memory_percent: 3.13 }, 'it is the share of the machine')
})

t.test('without a limit there are no figures before the machine is known', async (t) => {
  const { stats, pass } = statsService(t, [container()], null)
  await pass(2)
  t.equal(stats.now(container().id), undefined)
})

t.test('a request waits for a container that has just started', async (t) => {
  const { stats, pass } = statsService(t)
  const asked = stats.latest(ANYBODY, 'web')
  await pass(2)
  t.match(await asked, { cpu_percent: 25 })
})

const NOT_MEASURED: ContainerRecord['state'][] = ['created', 'restarting', 'exited', 'dead']

for (const state of NOT_MEASURED) {
  t.test(`a container that is ${state} has no figures, not zeros`, async (t) => {
    const { stats } = statsService(t, [container({ state })])
    const refused = { code: 'CONTAINER_NOT_RUNNING', facts: { state } }
    await t.rejects(stats.latest(ANYBODY, 'web'), refused)
    t.throws(() => stats.stream(ANYBODY, 'web', undefined, new AbortController().signal), refused, 'before it is read')
    t.strictSame(stats.all(ANYBODY).containers, [])
  })
}

t.test('a container that exits before its first sample', async (t) => {
  const { stats, inventory, pass } = statsService(t)
  const asked = stats.latest(ANYBODY, 'web')
  inventory.put(container({ state: 'exited' }))
  const refused = t.rejects(asked, { code: 'CONTAINER_NOT_RUNNING' })
  await pass(1)
  await refused
})

t.test('an unknown container', async (t) => {
  const { stats } = statsService(t)
  await t.rejects(stats.latest(ANYBODY, 'nobody'), { code: 'CONTAINER_NOT_FOUND' })
  t.throws(() => stats.history(ANYBODY, 'nobody', 10), { code: 'CONTAINER_NOT_FOUND' })
})

t.test('all measured containers', async (t) => {
  const { stats, pass } = statsService(t, [
    container({ name: 'a' }),
    container({ name: 'b', state: 'exited' }),
    container({ name: 'c', state: 'paused' })
  ])
  await pass(2)
  t.same(
    stats.all(ANYBODY).containers.map(({ name }) => name),
    ['a', 'c']
  )
})

t.test('history', async (t) => {
  const { stats, pass, inventory } = statsService(t)
  t.strictSame(stats.history(ANYBODY, 'web', 300).points, [], 'a container without history')
  await pass(990)
  const all = stats.history(ANYBODY, 'web', 300)
  t.match(all, { container_id: container().id.slice(0, 12), name: 'web', interval_ms: 1000 })
  const levels = all.points.map(({ memory_bytes: bytes }) => bytes / MIB)
  t.ok(levels.length > 280 && levels.length <= 300, `${levels.length} points`)
  t.equal(levels.at(-1), 990)
  t.ok(
    levels.every((level, index) => level === (levels[0] as number) + index),
    'oldest first, none missing'
  )
  const short = stats.history(ANYBODY, 'web', 60).points
  t.ok(short.length >= 45 && short.length <= 60, `${short.length} of the last minute`)
  t.equal((short.at(-1)?.memory_bytes ?? 0) / MIB, 990)

  inventory.put(container({ state: 'exited' }))
  t.ok(stats.history(ANYBODY, 'web', 300).points.length > 280, 'a container that ended still has its history')
})
