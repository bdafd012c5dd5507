// Parses a request for output, and formats its lines. Pure.

import type { Holding } from '../access/held-bytes.ts'
import type { LogLine, LogQuery } from '../engine/contract/workloads.ts'
import { invalidField } from '../errors.ts'
import { MOMENT_RULE, parseDuration } from '../lib/durations.ts'
import type { LogsQuery } from './request-schemas.ts'

const DEFAULT_TAIL = 1000
// Overhead of a line besides its text.
const LINE_BYTES = 100

export function logQuery(
  query: Omit<LogsQuery, 'tail'> & { tail?: string | number },
  lastEventId: string | undefined,
  now = Date.now()
): LogQuery {
  const resumed = query.follow === true && lastEventId !== undefined && lastEventId !== ''
  const since = resumed
    ? engineTime('last-event-id', lastEventId)
    : query.since && engineTime('since', query.since, now)
  return {
    tail: tailOf(query.tail, resumed || query.since !== undefined),
    since: since || undefined,
    until: query.until && engineTime('until', query.until, now),
    stdout: query.stdout ?? true,
    stderr: query.stderr ?? true,
    follow: query.follow ?? false
  }
}

function tailOf(tail: string | number | undefined, isBounded: boolean): number | undefined {
  if (tail === undefined) return isBounded ? undefined : DEFAULT_TAIL
  return tail === 'all' ? undefined : Number(tail)
}

/** The engine takes seconds with nine digits of fraction; people write dates. Neither loses its nanoseconds here. */
export function engineTime(field: string, text: string, now = Date.now()): string {
  const ago = parseDuration(text)
  if (ago !== undefined) return (now / 1000 - ago).toFixed(3)
  if (/^\d{1,12}(\.\d{1,9})?$/.test(text)) return text
  const fraction = /\.(\d{1,9})/.exec(text)?.[1] ?? ''
  const seconds = Math.floor(Date.parse(text) / 1000)
  if (Number.isNaN(seconds) || !/^\d{4}-\d\d-\d\d/.test(text)) throw invalidField(field, MOMENT_RULE)
  return fraction ? `${seconds}.${fraction.padEnd(9, '0')}` : String(seconds)
}

/** A line as JSON shows it. */
export function logEntry({ stream, time, text }: LogLine) {
  return { stream, timestamp: time, line: text }
}

/** Approximate memory of a line. */
export const bytesOf = ({ text }: LogLine): number => text.length + LINE_BYTES

/** The last lines of many. Keeps and counts at most twice as many. */
export async function* lastOf(lines: AsyncIterable<LogLine>, count: number, holding: Holding): AsyncGenerator<LogLine> {
  let kept: LogLine[] = []
  try {
    for await (const line of lines) {
      holding.take(bytesOf(line))
      kept.push(line)
      if (kept.length <= 2 * count) continue
      const left = kept.splice(0, kept.length - count)
      holding.giveBack(left.reduce((bytes, each) => bytes + bytesOf(each), 0))
    }
    if (count > 0) yield* kept.slice(-count)
  } finally {
    kept = []
    holding.end()
  }
}
