// The terminal colours of a log line, as spans with class names: the policy of the page forbids inline styles.

export type Span = { text: string; classes: string }

// oxlint-disable-next-line no-control-regex -- it matches them on purpose
const CODES = /\u001B\[([\d;]*)m|\u001B\[[\d;?]*[A-Za-z]|\u001B\][^\u0007]*\u0007/g
const BASE = 30
const BRIGHT = 90

/** The sixteen palette colours, bold and dim. Drops everything else. */
export function spansOf(line: string): Span[] {
  if (!line.includes('\u001B')) return [{ text: line, classes: '' }]
  const spans: Span[] = []
  let colour = ''
  let weight = ''
  let at = 0
  const push = (text: string) => {
    if (text !== '') spans.push({ text, classes: [colour, weight].filter(Boolean).join(' ') })
  }
  for (const match of line.matchAll(CODES)) {
    push(line.slice(at, match.index))
    at = match.index + match[0].length
    if (match[1] === undefined) continue
    for (const code of match[1].split(';').map(Number)) {
      if (code === 0) colour = weight = ''
      else if (code === 1) weight = 'bold'
      else if (code === 2) weight = 'dim'
      else if (code === 22) weight = ''
      else if (code === 39) colour = ''
      else if (code >= BASE && code < BASE + 8) colour = `ansi-${code - BASE}`
      else if (code >= BRIGHT && code < BRIGHT + 8) colour = `ansi-${code - BRIGHT}`
    }
  }
  push(line.slice(at))
  return spans
}

export function withoutColours(line: string): string {
  return line.replaceAll(CODES, '')
}

const LEVEL = /\b(trace|debug|info|notice|warn(?:ing)?|err(?:or)?|fatal|panic|critical)\b/i
const NUMBERS: Record<number, string> = { 10: 'debug', 20: 'debug', 30: 'info', 40: 'warn', 50: 'error', 60: 'error' }

/** The log level in a line, plain or as JSON. */
export function levelOf(line: string): 'error' | 'warn' | 'info' | 'debug' | undefined {
  const number = /^\{.*"level":(\d0)\b/.exec(line)?.[1]
  const word = number === undefined ? LEVEL.exec(line.slice(0, 200))?.[1] : NUMBERS[Number(number)]
  if (word === undefined) return undefined
  const level = word.toLowerCase()
  if (/^(err|fatal|panic|critical)/.test(level)) return 'error'
  if (level.startsWith('warn')) return 'warn'
  return level === 'debug' || level === 'trace' ? 'debug' : 'info'
}
