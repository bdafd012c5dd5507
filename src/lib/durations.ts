// Durations as people write them: `90s`, `10m`, `1h30m`, `7d`.

const SECONDS: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }
const PART = /(\d+(?:\.\d+)?)(ms|[smhdw])/gy

/** In seconds; undefined for an invalid duration. Pure. */
export function parseDuration(text: string): number | undefined {
  let seconds = 0
  PART.lastIndex = 0
  while (PART.lastIndex < text.length) {
    const [, amount, unit = ''] = PART.exec(text) ?? []
    if (amount === undefined) return undefined
    seconds += Number(amount) * (SECONDS[unit] ?? 0)
  }
  return text === '' ? undefined : seconds
}

export const MOMENT_RULE =
  'must be a time such as 2026-01-31T12:00:00Z, seconds since 1970, or how long ago, such as 10m'

/** Converts a time, seconds since 1970, or a duration ago to milliseconds since 1970. Undefined for anything else. */
export function parseMoment(text: string, now = Date.now()): number | undefined {
  const ago = parseDuration(text)
  if (ago !== undefined) return now - ago * 1000
  if (/^\d{1,12}(\.\d{1,9})?$/.test(text)) return Number(text) * 1000
  const date = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(date) ? undefined : date
}
