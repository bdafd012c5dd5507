import { setTimeout as sleep } from 'node:timers/promises'

// Often enough for any test, and rarely enough to leave the CPU to the awaited work.
const LOOK_MS = 5

/** Waits until a condition becomes true. */
export async function until(isTrue: () => boolean | Promise<boolean>, limitMs = 60_000): Promise<void> {
  const end = performance.now() + limitMs
  while (!(await isTrue())) {
    if (performance.now() > end) throw new Error(`not within ${limitMs} ms: ${isTrue}`)
    await sleep(LOOK_MS)
  }
}

/** Runs every ready callback once. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
