// Measures the machine with systeminformation, in a separate thread: some of its calls start a program and wait for it,
// which must never block a request.

import { readFileSync } from 'node:fs'
import { uptime } from 'node:os'
import { parentPort } from 'node:worker_threads'
import si from 'systeminformation'
import { parseNetDev, type Traffic } from '../lib/net-dev.ts'
import type { HostSample } from './host.ts'

const EVERY_MS = 2_000
const DISKS_EVERY_MS = 10_000
// Every container has one of these, on a disk that is listed separately.
const NOT_DISKS = new Set(['overlay', 'overlay2', 'aufs'])

// The machine's end of each container's network; their traffic is in the statistics of the containers.
const NOT_NETWORKS = /^veth/

let disks: HostSample['disks'] = []
let disksAt = -Infinity
let traffic = readTraffic()

function readTraffic(): { at: number; networks: Traffic } {
  const text = process.platform === 'linux' ? readFileSync('/proc/net/dev', 'utf8') : ''
  return { at: performance.now(), networks: parseNetDev(text) }
}

/** Without systeminformation, which starts several programs for each interface: seconds of CPU with many containers. */
function measureNetworks(): HostSample['networks'] {
  const before = traffic
  traffic = readTraffic()
  const seconds = (traffic.at - before.at) / 1000
  return Object.entries(traffic.networks)
    .filter(([name]) => !NOT_NETWORKS.test(name))
    .map(([name, { rxBytes, txBytes }]) => {
      const { rxBytes: rxBefore, txBytes: txBefore } = before.networks[name] ?? { rxBytes, txBytes }
      const rate = (from: number, to: number) => Math.max(0, to - from) / seconds
      return { name, rxBytes, txBytes, rxPerSecond: rate(rxBefore, rxBytes), txPerSecond: rate(txBefore, txBytes) }
    })
}

async function measure(): Promise<HostSample> {
  if (performance.now() - disksAt > DISKS_EVERY_MS) {
    const mounted = (await si.fsSize()).filter(({ type, mount }) => mount === '/' || !NOT_DISKS.has(type))
    disks = mounted.map(({ mount, type, size, used, available }) => ({
      mount,
      type,
      sizeBytes: size,
      usedBytes: used,
      availableBytes: available
    }))
    disksAt = performance.now()
  }
  const [load, memory] = [await si.currentLoad(), await si.mem()]
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
    networks: measureNetworks(),
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
