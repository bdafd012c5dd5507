// The longest time that the only thread was blocked.

import { monitorEventLoopDelay } from 'node:perf_hooks'

const delay = monitorEventLoopDelay({ resolution: 1 })

/**
 * An upper bound in milliseconds: the smaller of the longest delay of the event loop and the total CPU time of the thread.
 * Work of other processes counts only in the first.
 */
async function longestTurn(task: () => Promise<unknown>): Promise<number> {
  delay.enable()
  delay.reset()
  const before = process.threadCpuUsage()
  await task()
  await new Promise((resolve) => setTimeout(resolve, 2))
  const { user, system } = process.threadCpuUsage(before)
  return Math.min(delay.max / 1e6, (user + system) / 1e3)
}

/** The minimum of up to three measurements, since garbage collection may disturb one of them. */
export async function leastTurn(task: () => Promise<unknown>, enoughMs: number): Promise<number> {
  let least = Infinity
  for (let tries = 0; tries < 3 && least >= enoughMs; tries++) least = Math.min(least, await longestTurn(task))
  return least
}
