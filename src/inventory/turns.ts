// Chooses the next containers to read again. The list shows state, name and health. All other fields may change without an
// event, so every container is read again within a minute.
//
// The reads are spread evenly, oldest first: five a second for 300 containers, one in six seconds for ten.

export const TURN_MS = 1_000
const REREAD_MS = 60_000
// The last turn within the minute comes up to one pause before its end.
const ROUND_MS = REREAD_MS - TURN_MS

export type Reading = { id: string; readAt: number }

export function createTurns() {
  let credit = 0

  return {
    /** The containers to read, `elapsedMs` after the last turn. */
    next(readings: Reading[], now: number, elapsedMs: number): string[] {
      credit = Math.min(readings.length, credit + (readings.length * elapsedMs) / ROUND_MS)
      const due = readings
        .toSorted((a, b) => a.readAt - b.readAt)
        // After many removals the share shrinks faster than the remaining containers are read.
        .filter(({ readAt }, place) => place < Math.floor(credit) || now - readAt >= ROUND_MS)
      credit = Math.max(0, credit - due.length)
      return due.map(({ id }) => id)
    }
  }
}
