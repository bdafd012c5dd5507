// Cuts answers to the size that a model can read. Pure.

const MOST_CHARACTERS = 24_000
/** Of one text in an answer. */
const MOST_OF_TEXT = 12_000
const MOST_ROWS = 50

/** The beginning and, since errors are there, more of the end. */
export function cutText(text: string, most = MOST_OF_TEXT): string {
  if (text.length <= most) return text
  const head = Math.floor(most / 4)
  const left = text.length - most
  return `${text.slice(0, head)}\n[… ${left} characters left out …]\n${text.slice(text.length - (most - head))}`
}

/** A list, with its length if it was too long for a model. */
export function cutRows(rows: unknown[], what: string): object {
  const shown = rows.slice(0, MOST_ROWS)
  const more =
    rows.length > MOST_ROWS ? { left_out: rows.length - MOST_ROWS, hint: 'Ask for fewer with a filter.' } : {}
  return { [what]: shown, ...more }
}

export function asText(value: unknown): string {
  return cutText(typeof value === 'string' ? value : JSON.stringify(value, null, 1), MOST_CHARACTERS)
}
