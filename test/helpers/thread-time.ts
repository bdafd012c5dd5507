// How long the only thread was held up at a stretch.

import { monitorEventLoopDelay } from 'node:perf_hooks'

const delay = monitorEventLoopDelay({ resolution: 1 })

/**
 * Milliseconds at most: neither more than the longest delay of the event loop, nor more than the thread computed in all. What
 * other processes take of the machine counts in the first only.
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

/** The least of up to three looks, since a collection of garbage may fall into one of them. */
export async function leastTurn(task: () => Promise<unknown>, enoughMs: number): Promise<number> {
  let least = Infinity
  for (let tries = 0; tries < 3 && least >= enoughMs; tries++) least = Math.min(least, await longestTurn(task))
  return least
}
