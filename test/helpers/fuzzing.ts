// How much a fuzzer tries. The normal run is the same every time; FUZZ_RUNS says how many, from a seed of their own that is
// part of the name of each round and that FUZZ_SEED repeats.

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
