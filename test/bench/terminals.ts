// The effect of flooding terminals on other requests. The same requests in turns: alone, beside floods that bypass Berth,
// which take as much of the machine, and beside floods through Berth.

import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { IMAGE } from '../helpers/engine.ts'
import type { FloodData } from './flood.ts'
import { API, cpuSeconds, ENGINE, inTurns, ms, must, quantile, timed, type Row } from './harness.ts'

const TERMINALS = 20
const BYTES_PER_SECOND = 50_000_000
const ROUNDS = 15
const ROUND_SECONDS = 2
const REQUESTS_PER_SECOND = 100
const SETTLE_MS = 300
const AIM = 1.2

type Flood = Awaited<ReturnType<typeof startFlood>>

export async function benchTerminals(url: string, pid: number): Promise<Row[]> {
  const berth = { host: '127.0.0.1', port: Number(new URL(url).port) }
  const make = async (): Promise<string> => {
    const body = { image: IMAGE, command: ['sleep', '3600'] }
    return (JSON.parse(await must(berth, 'POST', '/containers', body)) as { full_id: string }).full_id
  }
  const containers = [await make(), await make()] as const
  try {
    const past = await startFlood(containers[0], undefined)
    const through = await startFlood(containers[1], url)
    const used: number[] = []
    const ways: Record<'alone' | 'past' | 'through', Flood | undefined> = { alone: undefined, past, through }
    const p99s = await inTurns(ways, ROUNDS, async (flood) => {
      flood?.run()
      await delay(SETTLE_MS)
      const before = cpuSeconds([pid])
      const times = await askByTheClock(() => timed(() => must(berth, 'GET', '/health')))
      if (flood === through) used.push((cpuSeconds([pid]) - before) / ROUND_SECONDS)
      flood?.pause()
      await delay(SETTLE_MS)
      return quantile(times, 0.99)
    })
    const rates = [await past.end(), await through.end()] as const
    return rowsOf(p99s, rates, used)
  } finally {
    for (const id of containers) await must(ENGINE, 'DELETE', `${API}/containers/${id}?force=1`)
  }
}

/** By the lower quartile of all rounds: other work of the machine makes a round longer, and none shorter. */
function rowsOf(
  p99s: Record<'alone' | 'past' | 'through', number[]>,
  rates: readonly [number, number],
  used: number[]
) {
  const [alone, past, through] = [p99s.alone, p99s.past, p99s.through].map((all) => quantile(all, 0.25)) as [
    number,
    number,
    number
  ]
  const [pastRate, rate] = rates.map((bytes) => `${(bytes / 1e6).toFixed(0)} MB/s`) as [string, string]
  return [
    {
      what: `p99 beside ${TERMINALS} terminals with ${rate}`,
      ours: ms(through),
      beside: `${pastRate} past Berth ${ms(past)}, alone ${ms(alone)}`,
      ratio: `${(through / past).toFixed(2)}, ${(through / alone).toFixed(2)} of alone`,
      aim: `<= ${AIM}`,
      met: through / past <= AIM
    },
    {
      what: 'the server meanwhile',
      ours: `${(quantile(used, 0.5) * 100).toFixed(0)} % of a core`,
      beside: '',
      ratio: '',
      aim: '',
      met: null
    }
  ]
}

/** Requests are sent on schedule, whether or not earlier ones are answered, so that waiting counts. */
async function askByTheClock(request: () => Promise<number>): Promise<number[]> {
  const pending: Promise<number>[] = []
  const started = performance.now()
  const total = REQUESTS_PER_SECOND * ROUND_SECONDS
  while (pending.length < total) {
    await delay(1)
    const due = Math.min(total, Math.floor(((performance.now() - started) / 1000) * REQUESTS_PER_SECOND))
    while (pending.length < due) pending.push(request())
  }
  return Promise.all(pending)
}

async function startFlood(container: string, berth: string | undefined) {
  const workerData: FloodData = { container, berth, terminals: TERMINALS, bytesPerSecond: BYTES_PER_SECOND }
  const worker = new Worker(join(import.meta.dirname, 'flood.ts'), { workerData })
  await once(worker, 'message')
  return {
    run: () => worker.postMessage('run'),
    pause: () => worker.postMessage('pause'),
    /** The bytes per second that it had. */
    async end(): Promise<number> {
      worker.postMessage('end')
      const [{ bytesPerSecond }] = (await once(worker, 'message')) as [{ bytesPerSecond: number }]
      await worker.terminate()
      return bytesPerSecond
    }
  }
}
