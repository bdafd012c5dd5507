import { setTimeout as sleep } from 'node:timers/promises'
import { workerData } from 'node:worker_threads'

import type { Demand } from './loads.ts'

const PERIOD_MS = 20

const demand = workerData as Demand
if (demand.kind === 'cpu') await burn(demand.percent)
else hold(demand.megabytes * 1024 ** 2)

async function burn(percent: number): Promise<never> {
  const busyMs = (PERIOD_MS * percent) / 100
  for (;;) {
    const start = performance.now()
    while (performance.now() - start < busyMs);
    if (busyMs < PERIOD_MS) await sleep(PERIOD_MS - busyMs)
  }
}

function hold(bytes: number): void {
  // A buffer that could grow has pages of its own, which go back to the system. Memory of the C library would be kept by
  // it, for the next load. Filled, because the kernel counts a page only once it is written to.
  const held = new Uint8Array(new ArrayBuffer(bytes, { maxByteLength: bytes })).fill(1)
  setInterval(() => held, 2 ** 31 - 1)
}
