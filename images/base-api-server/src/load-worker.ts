import { setTimeout as sleep } from 'node:timers/promises'
import { workerData } from 'node:worker_threads'

import type { Demand } from './loads.ts'

const PERIOD_MS = 20
const PIECE = 8 * 1024 ** 2

const demand = workerData as Demand
if (demand.kind === 'cpu') await burn(demand.percent)
else await hold(demand.megabytes * 1024 ** 2)

async function burn(percent: number): Promise<never> {
  const busyMs = (PERIOD_MS * percent) / 100
  for (;;) {
    const start = performance.now()
    while (performance.now() - start < busyMs);
    if (busyMs < PERIOD_MS) await sleep(PERIOD_MS - busyMs)
  }
}

async function hold(bytes: number): Promise<void> {
  const held: Buffer[] = []
  // Filled, because the kernel counts a page only once it is written to.
  for (let left = bytes; left > 0; left -= PIECE) held.push(Buffer.alloc(Math.min(left, PIECE), 1))
  setInterval(() => held, 2 ** 31 - 1)
}
