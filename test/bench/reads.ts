// Reads with many running containers: the list, the statistics, the cost of sampling.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { IMAGE, inBatches } from '../helpers/engine.ts'
import {
  API,
  cpuSeconds,
  createReader,
  ENGINE,
  inTurns,
  median,
  ms,
  must,
  quantile,
  timed,
  type Row,
  type Target
} from './harness.ts'

const CONTAINERS = 300
const READS = 50
const ENGINE_STATS_READS = 3
const SAMPLING_SECONDS = 15
const LOAD_PER_SECOND = 2_000
const LOAD_SECONDS = 5
const LOAD_ROUNDS = 3

type Stats = { age_ms: number; sampled_at: string }

export async function benchReads(berth: Target, serverPid: number): Promise<Row[]> {
  const ids: string[] = []
  await inBatches([...Array(CONTAINERS).keys()], async () => {
    const made = JSON.parse(await must(berth, 'POST', '/containers', { image: IMAGE, command: ['sleep', '3600'] })) as {
      full_id: string
    }
    ids.push(made.full_id)
  })
  await delay(3_000)
  const rows = [
    await benchList(berth),
    ...(await benchStats(berth, ids)),
    await benchSampling(berth, serverPid, ids),
    await benchLoad(berth, ids)
  ]
  await inBatches(ids, (id) => must(ENGINE, 'DELETE', `${API}/containers/${id}?force=1`))
  return rows
}

/** In turns with the engine, and with a bare server that sends as much. */
async function benchList(berth: Target): Promise<Row> {
  const { target: beside, stop } = await startBareServer(await must(berth, 'GET', '/containers'))
  const ways = {
    ours: [createReader(berth), '/containers'],
    engine: [createReader(ENGINE), `${API}/containers/json?all=1`],
    bare: [createReader(beside), '/']
  } as const
  const times = await inTurns(ways, READS, ([read, path]) => timed(() => read(path)))
  stop()
  const [ours, engine, bare] = [median(times.ours), median(times.engine), median(times.bare)]
  return {
    what: `GET /containers with ${CONTAINERS}`,
    ours: ms(ours),
    beside: `engine's list ${ms(engine)}, bare node:http ${ms(bare)}`,
    ratio: `${(engine / ours).toFixed(1)} times`,
    aim: '>= 20 times',
    met: engine / ours >= 20
  }
}

async function benchStats(berth: Target, ids: string[]): Promise<Row[]> {
  const ours: number[] = []
  const ages: number[] = []
  for (let read = 0; read < READS * 10; read++) {
    let text = ''
    ours.push(await timed(async () => (text = await must(berth, 'GET', `/containers/${ids[read % ids.length]}/stats`))))
    ages.push((JSON.parse(text) as Stats).age_ms)
    await delay(5)
  }
  const raw: number[] = []
  for (let read = 0; read < ENGINE_STATS_READS; read++) {
    raw.push(await timed(() => must(ENGINE, 'GET', `${API}/containers/${ids[read]}/stats?stream=false`)))
  }
  const ratio = median(raw) / median(ours)
  const oldest = Math.max(...ages)
  return [
    {
      what: 'GET /containers/{id}/stats',
      ours: ms(median(ours)),
      beside: `stream=false ${ms(median(raw))}`,
      ratio: `${ratio.toFixed(0)} times`,
      aim: '>= 300 times',
      met: ratio >= 300
    },
    {
      what: 'age of the oldest sample seen',
      ours: ms(oldest),
      beside: `${ages.length} reads`,
      ratio: '',
      aim: '<= 1100 ms',
      met: oldest <= 1_100
    }
  ]
}

/** CPU time of the server, the engine and its containerd without requests, and whether every sample was taken. */
async function benchSampling(berth: Target, serverPid: number, ids: string[]): Promise<Row> {
  const pids = [serverPid, ...pidsNamed('dockerd'), ...pidsNamed('containerd')]
  const before = cpuSeconds(pids)
  await delay(SAMPLING_SECONDS * 1000)
  const share = ((cpuSeconds(pids) - before) / SAMPLING_SECONDS) * 100
  const counts: number[] = []
  for (const id of ids) {
    const history = JSON.parse(
      await must(berth, 'GET', `/containers/${id}/stats/history?seconds=${SAMPLING_SECONDS}`)
    ) as { points: unknown[] }
    counts.push(history.points.length)
  }
  const fewest = Math.min(...counts)
  const met = share < 10 && fewest >= SAMPLING_SECONDS - 1
  return {
    what: `sampling ${ids.length} containers`,
    ours: `${share.toFixed(1)} % of a core`,
    beside: `fewest samples ${fewest} in ${SAMPLING_SECONDS} s`,
    ratio: '',
    aim: '< 10 %, one a second',
    met
  }
}

/** In turns with a bare server, since a busy machine delays both. */
async function benchLoad(berth: Target, ids: string[]): Promise<Row> {
  const { target: beside, stop } = await startBareServer(await must(berth, 'GET', `/containers/${ids[0]}/stats`))
  const ours: Load[] = []
  const theirs: Load[] = []
  for (let round = 0; round < LOAD_ROUNDS; round++) {
    ours.push(await load(berth, ids))
    theirs.push(await load(beside, ids))
  }
  stop()
  const [p99, bareP99] = [ours, theirs].map((loads) => median(loads.map((round) => round.p99))) as [number, number]
  const rate = Math.min(...ours.map((round) => round.rate))
  return {
    what: `${LOAD_PER_SECOND} stats answers a second`,
    ours: `p99 ${ms(p99)}`,
    beside: `bare node:http p99 ${ms(bareP99)}`,
    ratio: `${rate.toFixed(0)}/s reached`,
    aim: 'p99 < 10 ms',
    met: p99 < 10 && rate > LOAD_PER_SECOND * 0.95
  }
}

/** Sends the same text to every request. */
async function startBareServer(text: string): Promise<{ target: Target; stop: () => void }> {
  const bare = spawn(process.execPath, [join(import.meta.dirname, 'bare-server.ts')])
  bare.stdin.end(text)
  const [line] = (await once(bare.stdout, 'data')) as [Buffer]
  return { target: { host: '127.0.0.1', port: Number(line.toString()) }, stop: () => void bare.kill() }
}

type Load = { p99: number; rate: number }

/** Requests are sent on schedule, whether or not earlier ones are answered, so that waiting counts. */
async function load(target: Target, ids: string[]): Promise<Load> {
  const times: number[] = []
  const pending: Promise<void>[] = []
  const started = performance.now()
  const total = LOAD_PER_SECOND * LOAD_SECONDS
  for (let sent = 0; sent < total;) {
    const due = Math.min(total, Math.floor(((performance.now() - started) / 1000) * LOAD_PER_SECOND))
    for (; sent < due; sent++) {
      const id = ids[sent % ids.length]
      pending.push(timed(() => must(target, 'GET', `/containers/${id}/stats`)).then((time) => void times.push(time)))
    }
    await delay(1)
  }
  await Promise.all(pending)
  return { p99: quantile(times, 0.99), rate: (total * 1000) / (performance.now() - started) }
}

function pidsNamed(name: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && commandOf(pid) === name)
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim()
  } catch {
    return ''
  }
}
