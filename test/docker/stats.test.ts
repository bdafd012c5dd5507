// Figures of containers with a known load, compared with those of the engine and `docker stats`.

import t from 'tap'
import type { ContainerStats } from '../../src/stats/schemas.ts'
import { askPort, docker, eventually, inBatches, pause } from '../helpers/engine.ts'
import {
  asCli,
  averageOf,
  BUSY,
  dockerStats,
  engineFigures,
  IDLE,
  isNear,
  MIB,
  pointsOf,
  run,
  runIn,
  statsOf,
  statsWhen
} from '../helpers/measured.ts'
import { hostPort, portsOf, startServer, WORKLOAD } from '../helpers/server.ts'

type History = {
  interval_ms: number
  points: { sampled_at: string; cpu_percent: number; memory_bytes: number; network_tx_per_second: number }[]
}

const server = await startServer(t, { ports: portsOf('stats') })
// Each test waits for seconds of a container's life.
// tap modifies the options of a test, so each test has its own.
const together = () => ({ buffered: true })
t.jobs = 5

const historyOf = async (id: string, seconds = 300) =>
  (await server.get<History>(`/containers/${id}/stats/history?seconds=${seconds}`)).body.points

function agree(isSo: boolean, otherwise: string): void {
  if (!isSo) throw new Error(otherwise)
}

async function make(given: Parameters<typeof server.create>[0]) {
  const { status, body, text } = await server.create({ ports: [], command: IDLE, ...given })
  if (status !== 201) throw new Error(text)
  return { id: body.full_id, name: body.name }
}

t.test('CPU and memory of idle and busy containers are those of docker stats', together(), async (t) => {
  const idle = await make({})
  const core = await make({ command: BUSY, cpus: 1 })
  const fifth = await make({ command: BUSY, cpus: 0.2, memory: 64 * MIB })
  const ids = [idle.id, core.id, fifth.id]
  const names = ['idle', 'one core', 'a fifth of a core']
  await Promise.all(ids.map((id) => statsOf(server, id)))

  const before = await Promise.all(ids.map(engineFigures))
  // Both measure at different moments, and other work may take part of a second, so the test compares a longer time.
  await eventually(async () => {
    const after = await Promise.all(ids.map(engineFigures))
    for (const [index, id] of ids.entries()) {
      const [first, last] = [before[index], after[index]]
      if (!first || !last) throw new Error('no figures')
      const stats = await statsWhen(server, id, ({ timestamp }) => timestamp * 1000 > last.at)
      const engine = ((last.cpuNs - first.cpuNs) / (last.coreNs - first.coreNs)) * 100
      const ours = averageOf(await pointsOf(server, id), first.at, last.at)
      agree(Math.abs(ours - engine) < Math.max(1, engine * 0.1), `${names[index]}: ${ours} %, the engine ${engine} %`)
      agree(Math.abs(stats.memory_bytes - last.memoryBytes) < MIB / 4, `${stats.memory_bytes} ${last.memoryBytes}`)
      t.equal(stats.pids, last.pids, `${names[index]}: processes`)
    }
  })
  await eventually(async () => {
    const asked = Date.now()
    const cli = await dockerStats(ids)
    for (const [index, id] of ids.entries()) {
      const said = cli?.get(id)
      if (!said) continue
      const stats = await statsOf(server, id)
      const points = await pointsOf(server, id)
      const percents = points.filter(({ at }) => at > asked - 1_000).map(({ percent }) => percent)
      agree(
        said.cpuPercent >= Math.min(...percents) * 0.8 - 1 && said.cpuPercent <= Math.max(...percents) * 1.2 + 1,
        `${names[index]}: ${percents} %, docker stats says ${said.cpuPercent} %`
      )
      t.equal(said.memory.replace(/[\d.]+/, ''), asCli(stats.memory_bytes).replace(/[\d.]+/, ''))
      agree(
        isNear(Number.parseFloat(said.memory), Number.parseFloat(asCli(stats.memory_bytes)), 0.1),
        `${names[index]}: docker stats says ${said.memory}`
      )
      agree(
        Math.abs(said.memoryPercent - stats.memory_percent) < 0.2,
        `${names[index]}: docker stats says ${said.memoryPercent} % of memory`
      )
    }
  })

  // The share of a container depends on other work, but it never exceeds a limit, however short the time.
  const points = await Promise.all(ids.map((id) => pointsOf(server, id)))
  const percents = points.map((list) => Math.max(...list.map(({ percent }) => percent)))
  t.ok((percents[0] ?? 100) < 10, `idle is at most ${percents[0]} %`)
  t.ok((percents[1] ?? 200) < 150, `one core is at most ${percents[1]} %`)
  const averages = points.map((list) => averageOf(list, list[0]?.at ?? 0, list.at(-1)?.at ?? 0))
  t.ok((averages[1] ?? 200) < 103, `one core is ${averages[1]} % on average`)
  t.ok((averages[2] ?? 100) < 21, `a fifth of a core is ${averages[2]} % on average`)
  t.ok((percents[2] ?? 100) < 35, `a fifth of a core is at most ${percents[2]} %`)
  const [one, limited] = await Promise.all([core, fifth].map(({ id }) => statsOf(server, id)))
  t.equal(one?.cpu_percent_of_limit, one?.cpu_percent)
  t.ok(limited && isNear(limited.cpu_percent_of_limit ?? 0, limited.cpu_percent / 0.2, 0.01))
  t.match(limited, { memory_limit: '64.00 MB', memory_limit_bytes: 64 * MIB })
  t.ok(limited && isNear(limited.memory_percent, (limited.memory_bytes / 64 / MIB) * 100, 0.02))
  await inBatches([core, fifth], ({ id }) => server.post(`/containers/${id}/stop?timeout=0`))
})

t.test('memory that grows counts, a file cache that grows does not', together(), async (t) => {
  const { id } = await make({ memory: 256 * MIB })
  const start = await statsOf(server, id)

  await runIn(id, 'dd', 'if=/dev/zero', 'of=/dev/shm/held', 'bs=1M', 'count=48')
  // An earlier sample has only a part of it, or also the memory of dd.
  const held = Date.now()
  const grown = await statsWhen(
    server,
    id,
    ({ sampled_at: at, memory_bytes: bytes }) => Date.parse(at) > held && bytes > start.memory_bytes + 40 * MIB
  )
  t.ok(
    isNear(grown.memory_bytes - start.memory_bytes, 48 * MIB, 0.05),
    `${grown.memory_bytes - start.memory_bytes} more`
  )

  await runIn(id, 'dd', 'if=/dev/zero', 'of=/tmp/file', 'bs=1M', 'count=48')
  const written = Date.now()
  const cached = await statsWhen(
    server,
    id,
    ({ sampled_at: at, memory_cache_bytes: bytes }) =>
      Date.parse(at) > written && bytes > grown.memory_cache_bytes + 40 * MIB
  )
  t.ok(Math.abs(cached.memory_bytes - grown.memory_bytes) < 3 * MIB, `${cached.memory_bytes - grown.memory_bytes} more`)
  t.ok(isNear(cached.memory_cache_bytes - grown.memory_cache_bytes, 48 * MIB, 0.05))
  t.ok(cached.memory_usage_bytes >= cached.memory_bytes + 40 * MIB, 'the kernel still counts it against the limit')

  // After a second read the kernel counts it as active, and so does the CLI.
  await runIn(id, 'cat', '/tmp/file')
  const said = await dockerStats([id])
  const shown = said?.get(id)?.memory ?? asCli((await statsOf(server, id)).memory_bytes)
  const last = await statsWhen(server, id, ({ memory_bytes: bytes }) =>
    isNear(Number.parseFloat(asCli(bytes)), Number.parseFloat(shown), 0.02)
  )
  t.ok(last, `docker stats says ${shown}`)

  const levels = (await historyOf(id)).map(({ memory_bytes: bytes }) => bytes)
  t.ok((levels.at(-1) ?? 0) - (levels[0] ?? 0) > 40 * MIB, 'history shows it grow')

  await server.patch(`/containers/${id}`, { memory: 512 * MIB })
  const wider = await statsWhen(server, id, ({ memory_limit_bytes: limit }) => limit === 512 * MIB)
  t.ok(
    isNear(wider.memory_percent, (wider.memory_bytes / 512 / MIB) * 100, 0.02),
    'the percentage follows the new limit'
  )
})

t.test('a restart in the middle', together(), async (t) => {
  const { id } = await make({ command: BUSY, cpus: 0.3 })
  await statsWhen(server, id, ({ cpu_percent: percent }) => percent > 2)
  await server.post(`/containers/${id}/restart?timeout=0`)
  const restarted = Date.now()
  const { body: first, status } = await server.get<ContainerStats>(`/containers/${id}/stats`)
  t.equal(status, 200)
  t.ok(first.timestamp * 1000 > restarted - 50, 'the answer comes from the new run')
  t.ok(first.cpu_percent < 45, `its first figure is ${first.cpu_percent} %`)
  await statsWhen(
    server,
    id,
    ({ timestamp, cpu_percent: percent }) => timestamp > first.timestamp && percent > 2 && percent < 45
  )
  const percents = (await historyOf(id)).map((point) => point.cpu_percent)
  t.ok(
    percents.every((percent) => percent >= 0 && percent < 45),
    `nothing was counted across it: ${percents}`
  )
})

t.test('a paused container uses no CPU and keeps its memory', together(), async (t) => {
  const { id } = await make({ command: BUSY, cpus: 0.3 })
  const busy = await statsWhen(server, id, ({ cpu_percent: percent }) => percent > 2)
  await pause(docker.getContainer(id))
  const paused = await statsWhen(server, id, ({ cpu_percent: percent }) => percent === 0)
  t.ok(Math.abs(paused.memory_bytes - busy.memory_bytes) < MIB)
  t.equal(paused.pids, busy.pids)
  await docker.getContainer(id).unpause()
  await statsWhen(server, id, ({ cpu_percent: percent }) => percent > 2)
})

t.test('traffic', together(), async (t) => {
  const { body: web } = await server.create({ command: WORKLOAD, wait: 'port' })
  await runIn(web.full_id, 'dd', 'if=/dev/zero', 'of=/tmp/big', 'bs=1M', 'count=8')
  const before = await statsOf(server, web.id)
  t.same(Object.keys(before.interfaces), ['eth0'])
  await askPort(hostPort(web), '/big')
  const after = await statsWhen(server, web.id, (stats) => stats.network_tx_bytes > before.network_tx_bytes + 8 * MIB)
  t.ok(isNear(after.network_tx_bytes - before.network_tx_bytes, 8 * MIB, 0.05))
  t.equal(after.network_tx_bytes, after.interfaces.eth0?.tx_bytes)
  t.equal(after.network_rx_bytes, after.interfaces.eth0?.rx_bytes)
  const points = (await historyOf(web.id)).map((point) => ({
    at: Date.parse(point.sampled_at),
    percent: point.network_tx_per_second
  }))
  const [first, last] = [points[0]?.at ?? 0, points.at(-1)?.at ?? 0]
  const sent = (averageOf(points, first, last) * (last - first)) / 1000
  // A rate covers the time between two readings, but these are the times of the rounds, which differ on a busy machine.
  t.ok(isNear(sent, 8 * MIB, 0.3), `the rates of all seconds make ${sent} bytes`)
})

t.test(
  'a container without a network, or in the network of the machine, has no traffic of its own',
  together(),
  async (t) => {
    for (const mode of ['none', 'host']) {
      const { id } = await run(t, { NetworkMode: mode })
      const stats = await statsWhen(server, id, (found) => found.container_id === id.slice(0, 12))
      t.match(stats, { interfaces: {}, network_rx_bytes: 0, network_tx_bytes: 0, network_rx_per_second: 0 }, mode)
      t.match(stats, { memory_limit: 'unlimited', memory_limit_bytes: null, cpu_percent_of_limit: null })
      t.same(stats.interfaces, {})
    }
  }
)

t.test('a stopped container has no statistics, and keeps its history', together(), async (t) => {
  const { id } = await make({})
  await statsOf(server, id)
  await server.post(`/containers/${id}/stop?timeout=0`)
  for (const path of ['stats', 'stats/stream']) {
    const refused = await server.get(`/containers/${id}/${path}`)
    t.match(refused, { status: 409, body: { code: 'CONTAINER_NOT_RUNNING', state: 'exited' } }, path)
  }
  t.ok((await historyOf(id)).length > 0)
  const created = await make({ start: false })
  t.match(await server.get(`/containers/${created.id}/stats`), { status: 409, body: { state: 'created' } })
  t.match(await server.get('/containers/nobody/stats'), { status: 404 })
  t.match(await server.get('/containers/nobody/stats/history'), { status: 404 })
  t.same(await historyOf(created.id), [])
  const all = await server.get<{ containers: ContainerStats[] }>('/stats')
  const ids = all.body.containers.map(({ container_id: short }) => short)
  t.notOk(ids.includes(id.slice(0, 12)) || ids.includes(created.id.slice(0, 12)))
})

t.test('containers that live shorter than a second', together(), async (t) => {
  const made = await Promise.all(Array.from({ length: 6 }, () => make({ command: ['sleep', '0.4'] })))
  const answers = await Promise.all(made.map(({ id }) => server.get<ContainerStats>(`/containers/${id}/stats`)))
  for (const { status, body } of answers) {
    if (status === 200) t.ok(body.cpu_percent >= 0 && body.cpu_percent < 150)
    else t.match(body.code, /^(CONTAINER_NOT_RUNNING|STATS_UNAVAILABLE)$/)
  }
  t.match(await server.get('/health'), { status: 200 })
})

t.test(
  'answers for twenty containers are at most a second old, and the history has every second',
  together(),
  async (t) => {
    const made: string[] = []
    await inBatches([...Array(20).keys()], async () => made.push((await make({})).id))
    await inBatches(made, (id) => statsWhen(server, id, ({ age_ms: age }) => age < 1_100))
    const ages: number[] = []
    const end = performance.now() + 4_000
    while (performance.now() < end) {
      for (const id of made) ages.push((await statsOf(server, id)).age_ms)
      const all = await server.get<{ containers: ContainerStats[] }>('/stats')
      for (const { container_id: id, age_ms: age } of all.body.containers)
        if (made.some((full) => full.startsWith(id))) ages.push(age)
    }
    t.ok(ages.length > 100, `${ages.length} reads`)
    // Not the oldest, which measures how long this machine delayed the server.
    const most90 = ages.toSorted((a, b) => a - b)[Math.floor(ages.length * 0.9)] ?? Infinity
    t.ok(most90 <= 1_100, `nine of ten were at most ${most90} ms old`)
    t.ok(Math.max(...ages) <= 3_000, `the oldest was ${Math.max(...ages)} ms old`)

    const times = (await historyOf(made[0] ?? '')).map((point) => Date.parse(point.sampled_at))
    const steps = times.slice(1).map((time, index) => time - (times[index] ?? 0))
    t.ok(
      steps.every((step) => step > 200 && step < 3_000),
      `steps of ${Math.min(...steps)} to ${Math.max(...steps)} ms, in order`
    )
    await eventually(async () => {
      const lately = await historyOf(made[0] ?? '', 2)
      if (lately.length < 1 || lately.length > 3) throw new Error(`${lately.length} points in two seconds`)
    })
    t.match(await server.get(`/containers/${made[0]}/stats/history?seconds=301`), { status: 400 })
  }
)
