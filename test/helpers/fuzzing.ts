// What the fuzzers of both doors share: values, what is expected, and how much is tried. The normal run is the same every
// time; FUZZ_RUNS says how many, from a seed of their own that is part of the name of each round and that FUZZ_SEED repeats.

import fc from 'fast-check'

export type Round = { name: string; numRuns: number; seed: number }

/** Some requests wait for what does not come, and the others need not. */
export const ROUNDS_AT_ONCE = 4

const USUAL_SEED = 8000
// Each round has a server of its own: an engine in memory keeps all that it was ever asked.
const ROUND = 20_000

export function roundsOf({ usual, full }: { usual: number; full: number }): Round[] {
  const asked = process.env.FUZZ_RUNS ?? (process.env.BERTH_TEST_FULL ? String(full) : undefined)
  const runs = Number(asked ?? usual)
  const seed = Number(process.env.FUZZ_SEED ?? (asked === undefined ? USUAL_SEED : Date.now() % 2 ** 31))
  return Array.from({ length: Math.ceil(runs / ROUND) }, (_, index) => {
    const numRuns = Math.min(ROUND, runs - index * ROUND)
    return { name: `${numRuns} from seed ${seed + index}`, numRuns, seed: seed + index }
  })
}

export const TOKEN = 'correct-horse-battery-staple-0123456789'
/** Whoever is answered so must not have reached the engine. */
export const REFUSED = [400, 401, 403, 405, 408, 413, 415, 421, 429, 431]

export const NAMES = ['web', 'db', 'worker', 'foreign']

// Any good value would do, but these let the test wait or make it depend on the clock.
export const CHOSEN: Record<string, fc.Arbitrary<unknown>> = {
  name: fc.constantFrom(...NAMES),
  image: fc.constantFrom('base-api-server:latest', 'base-api-server:latest', 'nobody/nothing:1'),
  // Whole ones would make the server ask a registry of the real world.
  credentials: fc.constantFrom({}, { username: 'ada' }),
  host_port: fc.integer({ min: 8001, max: 8015 }),
  ttl_seconds: fc.integer({ min: 3600, max: 36000 }),
  timeout_seconds: fc.constantFrom<unknown>(0.1, 0.1, 0.1, 0.1, 0, 301, 'soon', ''),
  follow: fc.constant(false)
}
/** Left out they would be half a minute. */
export const ALWAYS = ['timeout_seconds']

/** A wait that is asked for is a short one; a time that is none stays. */
export function withTimes(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || !('wait' in body)) return body
  const { wait_timeout_seconds: seconds = 0.1 } = body as { wait_timeout_seconds?: unknown }
  return { ...body, wait_timeout_seconds: typeof seconds === 'number' ? Math.min(seconds, 0.1) : seconds }
}

/** How often each status was met. */
export function summaryOf(met: Map<string | number, number>): string {
  const counts = [...met].toSorted().map(([status, count]) => `${count} × ${status}`)
  return `answers: ${counts.join(', ')}`
}
