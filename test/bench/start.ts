// The time from the start of the process to its first answer, and its memory without requests.

import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '../helpers/port-ranges.ts'
import { NODE_FLAGS } from '../helpers/server.ts'
import { ask, median, ms, type Row } from './harness.ts'

const ROUNDS = 7
const IDLE_MS = 5_000

export async function benchStart(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'berth-bench-'))
  const times: number[] = []
  let idleMegabytes = 0
  // The first start fills the compile cache and is not counted.
  for (let round = 0; round <= ROUNDS; round++) {
    const port = freePort()
    const env = {
      ...process.env,
      BERTH_PORT: String(port),
      BERTH_GRPC_PORT: String(freePort()),
      BERTH_DATA_DIR: join(folder, 'data'),
      NODE_COMPILE_CACHE: join(folder, 'cache'),
      LOG_LEVEL: 'warn'
    }
    const started = performance.now()
    const child = spawn(process.execPath, [...NODE_FLAGS, 'src/server.ts'], { env, stdio: 'ignore' })
    const exited = new Promise((resolve) => child.once('exit', resolve))
    while ((await ask({ host: '127.0.0.1', port }, 'GET', '/health').catch(() => ({ status: 0 }))).status !== 200)
      await delay(2)
    if (round > 0) times.push(performance.now() - started)
    if (round === ROUNDS) {
      await delay(IDLE_MS)
      idleMegabytes = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024
    }
    child.kill('SIGTERM')
    await exited
  }
  rmSync(folder, { recursive: true })
  const time = median(times)
  return [
    { what: 'process start to first answer', ours: ms(time), beside: '', ratio: '', aim: '< 500 ms', met: time < 500 },
    {
      what: 'resident memory, idle',
      ours: `${idleMegabytes.toFixed(0)} MB`,
      beside: '',
      ratio: '',
      aim: '< 120 MB',
      met: idleMegabytes < 120
    }
  ]
}
