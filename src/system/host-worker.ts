// Measures the machine with systeminformation, in a thread of its own: some of its calls start a program and wait for it,
// which must never hold up a request.

import { uptime } from 'node:os'
import { parentPort } from 'node:worker_threads'
import si from 'systeminformation'
import type { HostSample } from './host.ts'

const EVERY_MS = 2_000
const DISKS_EVERY_MS = 10_000
// Every container has one of these, on a disk that is listed itself.
const NOT_DISKS = new Set(['overlay', 'overlay2', 'aufs'])

let disks: HostSample['disks'] = []
let disksAt = -Infinity

async function measure(): Promise<HostSample> {
  if (performance.now() - disksAt > DISKS_EVERY_MS) {
    const mounted = (await si.fsSize()).filter(({ type, mount }) => mount === '/' || !NOT_DISKS.has(type))
    disks = mounted.map(({ mount, type, size, used }) => ({
      mount,
      type,
      sizeBytes: size,
      usedBytes: used
    }))
    disksAt = performance.now()
  }
  const [load, memory, networks] = [await si.currentLoad(), await si.mem(), await si.networkStats('*')]
  return {
    sampledAt: Date.now(),
    cpuPercent: load.currentLoad,
    corePercents: load.cpus.map((core) => core.load),
    memory: {
      totalBytes: memory.total,
      usedBytes: memory.total - memory.available,
      availableBytes: memory.available,
      cacheBytes: memory.buffcache,
      swapTotalBytes: memory.swaptotal,
      swapUsedBytes: memory.swapused
    },
    disks,
    networks: networks.map((network) => ({
      name: network.iface,
      rxBytes: network.rx_bytes,
      txBytes: network.tx_bytes,
      rxPerSecond: network.rx_sec ?? 0,
      txPerSecond: network.tx_sec ?? 0
    })),
    uptimeSeconds: Math.round(uptime())
  }
}

async function run(): Promise<void> {
  for (;;) {
    const sample = await measure().catch((error: unknown) => ({ failed: String(error) }))
    parentPort?.postMessage(sample)
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS))
  }
}

void run()
