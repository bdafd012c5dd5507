// Shared parts of the fuzzers of REST and gRPC: values, expectations and the number of runs. The normal run is the same every
// time. FUZZ_RUNS sets another number, with a new seed that is in the name of each round and that FUZZ_SEED repeats.

import fc from 'fast-check'

export type Round = { name: string; numRuns: number; seed: number }

/** Requests run in parallel, since some of them wait in vain. */
export const ROUNDS_AT_ONCE = 4

const USUAL_SEED = 8000
// Each round has its own server, since an engine in memory keeps all its calls.
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
/** A request with such an answer must not have reached the engine. */
export const REFUSED = [400, 401, 403, 405, 408, 413, 415, 421, 429, 431]

export const NAMES = ['web', 'db', 'worker', 'foreign']

// Any valid value would do, but these would delay the test or make it depend on the clock.
export const CHOSEN: Record<string, fc.Arbitrary<unknown>> = {
  name: fc.constantFrom(...NAMES),
  image: fc.constantFrom('base-api-server:latest', 'base-api-server:latest', 'nobody/nothing:1'),
  // Valid ones would make the server call a real registry.
  credentials: fc.constantFrom({}, { username: 'ada' }),
  host_port: fc.integer({ min: 8001, max: 8015 }),
  ttl_seconds: fc.integer({ min: 3600, max: 36000 }),
  timeout_seconds: fc.constantFrom<unknown>(0.1, 0.1, 0.1, 0.1, 0, 301, 'soon', ''),
  follow: fc.constant(false)
}
/** Their default is half a minute. */
export const ALWAYS = ['timeout_seconds']

/** Shortens a requested wait, and keeps an invalid time. */
export function withTimes(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || !('wait' in body)) return body
  const { wait_timeout_seconds: seconds = 0.1 } = body as { wait_timeout_seconds?: unknown }
  return { ...body, wait_timeout_seconds: typeof seconds === 'number' ? Math.min(seconds, 0.1) : seconds }
}

/** The number of answers with each status. */
export function summaryOf(met: Map<string | number, number>): string {
  const counts = [...met].toSorted().map(([status, count]) => `${count} × ${status}`)
  return `answers: ${counts.join(', ')}`
}
