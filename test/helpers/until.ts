import { setTimeout as sleep } from 'node:timers/promises'

// Often enough for any test, and rarely enough to leave the processor to what is waited for.
const LOOK_MS = 5

/** Waits until something that happens by itself has happened. */
export async function until(isTrue: () => boolean | Promise<boolean>, limitMs = 60_000): Promise<void> {
  const end = performance.now() + limitMs
  while (!(await isTrue())) {
    if (performance.now() > end) throw new Error(`not within ${limitMs} ms: ${isTrue}`)
    await sleep(LOOK_MS)
  }
}

/** Lets everything that is ready run once. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
