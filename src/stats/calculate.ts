// The formulas of the docker CLI (cli/command/container/stats_helpers.go). Pure.

import type { Counters, SourceName } from './counters.ts'

export type Rates = {
  cpuPercent: number
  rxPerSecond: number
  txPerSecond: number
  readPerSecond: number
  writePerSecond: number
}

export type Sample = {
  /** Unix milliseconds. */
  sampledAt: number
  source: SourceName
  counters: Counters
  memoryBytes: number
  rxBytes: number
  txBytes: number
  rates: Rates
}

/** The difference of two readings. Undefined if they cannot be compared: no time passed, or counters went backwards. */
export function ratesBetween(before: Counters, after: Counters): Rates | undefined {
  const clockNs = after.clockNs - before.clockNs
  const cpuNs = after.cpuNs - before.cpuNs
  const seconds = (after.readAt - before.readAt) / 1000
  const isForward = clockNs > 0 && cpuNs >= 0 && seconds > 0
  if (!isForward) return undefined
  const [netBefore, netAfter] = [totalNetwork(before), totalNetwork(after)]
  const rate = (from: number, to: number) => Math.max(0, (to - from) / seconds)
  return {
    cpuPercent: (cpuNs / clockNs) * 100,
    rxPerSecond: rate(netBefore.rxBytes, netAfter.rxBytes),
    txPerSecond: rate(netBefore.txBytes, netAfter.txBytes),
    readPerSecond: rate(before.blockReadBytes, after.blockReadBytes),
    writePerSecond: rate(before.blockWriteBytes, after.blockWriteBytes)
  }
}

/** Without the page cache that the kernel may drop at any time. */
export function workingSet({ memoryUsage, inactiveFile }: Pick<Counters, 'memoryUsage' | 'inactiveFile'>): number {
  return inactiveFile < memoryUsage ? memoryUsage - inactiveFile : memoryUsage
}

/** All interfaces together, by any name. */
export function totalNetwork({ networks }: Pick<Counters, 'networks'>): { rxBytes: number; txBytes: number } {
  let rxBytes = 0
  let txBytes = 0
  for (const { rxBytes: rx, txBytes: tx } of Object.values(networks)) {
    rxBytes += rx
    txBytes += tx
  }
  return { rxBytes, txBytes }
}

export function makeSample(
  before: Counters,
  after: Counters,
  sampledAt: number,
  source: SourceName
): Sample | undefined {
  const rates = ratesBetween(before, after)
  if (!rates) return undefined
  return { sampledAt, source, counters: after, memoryBytes: workingSet(after), ...totalNetwork(after), rates }
}

export function percentOf(part: number, whole: number | null): number | null {
  return whole === null || whole <= 0 ? null : (part / whole) * 100
}
