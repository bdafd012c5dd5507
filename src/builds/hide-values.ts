// Hides values of build arguments, which BuildKit puts into the names of its steps. Pure.

// Shorter values are no secrets, and occur everywhere.
const LEAST = 4
const HIDDEN = '***'

export function withoutValues(buildArgs: Record<string, string>): (text: string) => string {
  // The longest first: one may be part of another.
  const values = [...new Set(Object.values(buildArgs))]
    .filter((value) => value.length >= LEAST)
    .toSorted((a, b) => b.length - a.length)
  return (text) => values.reduce((shown, value) => shown.replaceAll(value, HIDDEN), text)
}
