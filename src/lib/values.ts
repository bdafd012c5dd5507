// Limits the number of values in a body, since reporting the fault of each of a hundred thousand would block everybody
// else. Pure.

/** Many times what the largest valid body has. */
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
