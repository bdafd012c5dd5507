// The same containers measured by two servers: one reads the kernel's files, the other asks the engine.

import t from 'tap'
import type { ContainerStats } from '../../src/stats/schemas.ts'
import { askPort, docker, eventually, pause } from '../helpers/engine.ts'
import {
  averageOf,
  BUSY,
  engineDisk,
  IDLE,
  isNear,
  MIB,
  pointsOf,
  run,
  runIn,
  statsOf,
  statsWhen
} from '../helpers/measured.ts'
import { hostPort, portsOf, startServer, WORKLOAD, type Server } from '../helpers/server.ts'

const ports = portsOf('statsSources')
const half = (first: number) => ({ first, last: first + 4 })
const [files, engine] = await Promise.all([
  startServer(t, { ports: half(ports.first), env: { BERTH_STATS_SOURCE: 'cgroup' } }),
  startServer(t, { ports: half(ports.first + 5), env: { BERTH_STATS_SOURCE: 'engine' } })
])
const both = [files, engine]
const disk = await engineDisk()
t.jobs = 4

async function make(given: Parameters<Server['create']>[0]): Promise<string> {
  const { status, body, text } = await files.create({ ports: [], command: IDLE, ...given })
  if (status !== 201) throw new Error(text)
  return body.full_id
}

/** The first answers of both servers after a moment. */
function statsSince(id: string, time = Date.now()): Promise<ContainerStats[]> {
  return Promise.all(both.map((server) => statsWhen(server, id, ({ timestamp }) => timestamp * 1000 > time + 1_000)))
}

const WINDOW_MS = 10_000
// tap modifies the options of a test, so each test has its own.
const together = () => ({ buffered: true })

t.test('both name the source of their figures', together(), async (t) => {
  const id = await make({})
  t.match(await statsOf(files, id), { source: 'cgroup' })
  t.match(await statsOf(engine, id), { source: 'engine' })
})

t.test('CPU of a steady load is the same within two percent', together(), async (t) => {
  const id = await make({ command: BUSY, cpus: 0.1 })
  // Over the same seconds: the engine measures at other moments, and other work may take part of a second.
  const [ours, theirs] = await eventually(async () => {
    const [fromFiles = [], fromEngine = []] = await Promise.all(both.map((server) => pointsOf(server, id)))
    const last = fromEngine.findLast(({ at }) => at <= (fromFiles.at(-1)?.at ?? 0))
    const first = fromEngine.findLast(({ at }) => at <= (last?.at ?? 0) - WINDOW_MS)
    if (!first || !last || first.at < (fromFiles[0]?.at ?? Infinity)) throw new Error('not long enough')
    const compared = [fromFiles, fromEngine].map((points) => averageOf(points, first.at, last.at)) as [number, number]
    if (!isNear(compared[1], compared[0], 0.02)) throw new Error(`files ${compared[0]} %, engine ${compared[1]} %`)
    return compared
  })
  t.comment(`files ${ours} %, engine ${theirs} %`)
  t.ok(ours > 1 && ours < 13, `the limit is 10 %: ${ours}`)
})

t.test('memory, page cache and processes are the same', together(), async (t) => {
  const id = await make({ memory: 256 * MIB })
  await runIn(id, 'dd', 'if=/dev/zero', 'of=/dev/shm/held', 'bs=1M', 'count=24')
  await runIn(id, 'dd', 'if=/dev/zero', 'of=/tmp/file', 'bs=1M', 'count=24')
  const [a, b] = await statsSince(id)
  if (!a || !b) throw new Error('no figures')
  t.ok(a.memory_bytes > 24 * MIB && isNear(b.memory_bytes, a.memory_bytes, 0.02), `${a.memory_bytes} ${b.memory_bytes}`)
  t.ok(isNear(b.memory_cache_bytes, a.memory_cache_bytes, 0.02), `${a.memory_cache_bytes} ${b.memory_cache_bytes}`)
  t.ok(isNear(b.memory_usage_bytes, a.memory_usage_bytes, 0.02), `${a.memory_usage_bytes} ${b.memory_usage_bytes}`)
  t.equal(a.pids, b.pids)
})

t.test('traffic is the same to the byte', together(), async (t) => {
  const { body: web } = await files.create({ command: WORKLOAD, wait: 'port' })
  await runIn(web.full_id, 'dd', 'if=/dev/zero', 'of=/tmp/big', 'bs=1M', 'count=4')
  await askPort(hostPort(web), '/big')
  // A bridge sends to all its containers now and then, so it may take more than one try.
  await eventually(async () => {
    const [a, b] = await statsSince(web.full_id)
    if (a?.network_rx_bytes !== b?.network_rx_bytes) throw new Error(`${a?.network_rx_bytes} ${b?.network_rx_bytes}`)
    t.ok((a?.network_tx_bytes ?? 0) > 4 * MIB)
    t.equal(a?.network_tx_bytes, b?.network_tx_bytes)
    t.same(a?.interfaces, b?.interfaces)
  })
})

t.test('a container without a network, and one in that of the machine', together(), async (t) => {
  for (const mode of ['none', 'host']) {
    const { id } = await run(t, { NetworkMode: mode })
    for (const stats of await statsSince(id)) {
      t.same(stats.interfaces, {}, `${mode}, ${stats.source}`)
      t.match(stats, { network_rx_bytes: 0, network_tx_bytes: 0, network_rx_per_second: 0, network_tx_per_second: 0 })
      t.match(stats, { memory_limit: 'unlimited', memory_limit_bytes: null, cpu_percent_of_limit: null })
    }
  }
})

t.test(
  'block I/O',
  { ...together(), skip: disk ? false : 'the files of the engine are on no disk of this machine' },
  async (t) => {
    // With a limit, since cgroup v1 counts block I/O only for limited groups.
    const limit = [{ Path: disk ?? '', Rate: 4 * 1024 * MIB }]
    const { id } = await run(t, { BlkioDeviceReadBps: limit, BlkioDeviceWriteBps: limit })
    await runIn(id, 'dd', 'if=/dev/zero', 'of=/tmp/file', 'bs=1M', 'count=8', 'oflag=direct')
    await runIn(id, 'dd', 'if=/tmp/file', 'of=/dev/null', 'bs=1M', 'count=4', 'iflag=direct')
    const [a, b] = await statsSince(id)
    t.ok((a?.block_read_bytes ?? 0) >= 4 * MIB && (a?.block_write_bytes ?? 0) >= 8 * MIB, JSON.stringify(a))
    t.strictSame([b?.block_read_bytes, b?.block_write_bytes], [a?.block_read_bytes, a?.block_write_bytes])
  }
)

t.test('figures of the engine are right through a restart, a pause and an end', together(), async (t) => {
  const id = await make({ command: BUSY, cpus: 0.3 })
  await statsWhen(engine, id, ({ cpu_percent: percent }) => percent > 2)
  await files.post(`/containers/${id}/restart?timeout=0`)
  const restarted = Date.now()
  const again = await statsWhen(engine, id, ({ timestamp }) => timestamp * 1000 > restarted)
  t.ok(again.cpu_percent > 1 && again.cpu_percent < 45, `${again.cpu_percent} %`)

  await pause(docker.getContainer(id))
  const paused = await statsWhen(engine, id, ({ cpu_percent: percent }) => percent === 0)
  t.ok(isNear(paused.memory_bytes, again.memory_bytes, 0.5) && paused.memory_bytes > 0)
  await docker.getContainer(id).unpause()
  await statsWhen(engine, id, ({ cpu_percent: percent }) => percent > 2)
  await files.post(`/containers/${id}/stop?timeout=0`)
  await eventually(async () => {
    const { status, body } = await engine.get(`/containers/${id}/stats`)
    if (status !== 409) throw new Error(JSON.stringify(body))
  })
  const percents = (await pointsOf(engine, id)).map(({ percent }) => percent)
  t.ok(
    percents.every((percent) => percent >= 0 && percent < 45),
    `${percents}`
  )
})

t.test('without access to the files the engine is the source, or none if so configured', together(), async (t) => {
  const id = await make({})
  const unseen = { BERTH_HOST_CGROUP: '/nowhere' }
  const [auto, forced] = await Promise.all([
    startServer(t, { ports: half(ports.first), env: unseen }),
    startServer(t, { ports: half(ports.first), env: { ...unseen, BERTH_STATS_SOURCE: 'cgroup' } })
  ])
  const [found, refused] = await Promise.all([
    statsWhen(auto, id, ({ source }) => source !== undefined),
    forced.get(`/containers/${id}/stats`)
  ])
  t.equal(found.source, 'engine')
  t.match(refused, { status: 503, body: { code: 'STATS_UNAVAILABLE' } })
})
