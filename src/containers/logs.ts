// Which output of a container is asked for, and how a line is shown. Pure.

import type { LogLine, LogQuery } from '../engine/contract/workloads.ts'
import { invalidField } from '../errors.ts'
import { parseDuration } from '../lib/durations.ts'
import type { LogsQuery } from './request-schemas.ts'

const DEFAULT_TAIL = 1000

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
  if (Number.isNaN(seconds) || !/^\d{4}-\d\d-\d\d/.test(text))
    throw invalidField(
      field,
      'must be a time such as 2026-01-31T12:00:00Z, seconds since 1970, or how long ago, such as 10m'
    )
  return fraction ? `${seconds}.${fraction.padEnd(9, '0')}` : String(seconds)
}

/** A line as JSON shows it. */
export function logEntry({ stream, time, text }: LogLine) {
  return { stream, timestamp: time, line: text }
}

/** The last lines of many, without keeping more than twice as many. */
export async function* lastOf(lines: AsyncIterable<LogLine>, count: number): AsyncGenerator<LogLine> {
  const kept: LogLine[] = []
  for await (const line of lines) {
    kept.push(line)
    if (kept.length > 2 * count) kept.splice(0, kept.length - count)
  }
  if (count > 0) yield* kept.slice(-count)
}
