// Limits the number of values in a body, since a report of a hundred thousand faults would block everybody else. Pure.

/** Many times more than in the largest valid body. */
export const MAX_VALUES = 12_000

/** Whether a value and all in it are more than that. Stops counting there. */
export function hasTooManyValues(value: unknown): boolean {
  let left = MAX_VALUES
  const visit = (each: unknown): boolean => {
    if (left-- <= 0) return true
    if (typeof each !== 'object' || each === null || each instanceof Uint8Array) return false
    for (const key in each) if (visit((each as Record<string, unknown>)[key])) return true
    return false
  }
  return visit(value)
}
