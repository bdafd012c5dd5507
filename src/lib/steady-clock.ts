// A clock without jumps: it follows small corrections of the wall clock, as time services make them, and ignores jumps. A
// clock set an hour ahead makes nothing an hour older.

const LARGEST_STEP_MS = 2_000

export function createSteadyClock({ wall = Date.now, monotonic = () => performance.now() } = {}): () => number {
  let last = { wall: wall(), monotonic: monotonic() }
  let jumped = 0
  return () => {
    const next = { wall: wall(), monotonic: monotonic() }
    const step = next.wall - last.wall - (next.monotonic - last.monotonic)
    if (Math.abs(step) > LARGEST_STEP_MS) jumped += step
    last = next
    return next.wall - jumped
  }
}
