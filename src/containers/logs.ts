// Container output as the API gives it: text, or events to follow.

import { Readable } from 'node:stream'
import type { ContainerRecord } from '../engine/contract/containers.ts'
import type { LogLine, LogQuery } from '../engine/contract/workloads.ts'
import { invalidField } from '../errors.ts'
import type { StreamEvent } from '../http/streams.ts'
import type { LogsQuery } from './request-schemas.ts'

// What a line takes beside its text.
const LINE_BYTES = 100

type LogSource = {
  logs(
    reference: string,
    query: LogQuery,
    signal: AbortSignal
  ): { record: ContainerRecord; lines: AsyncIterable<LogLine> }
  ending(id: string): Promise<{ reason: string; exit_code: number | null }>
}

const DEFAULT_TAIL = 1000

export function logQuery(query: LogsQuery, lastEventId: string | undefined): LogQuery {
  const resumed = query.follow === true && lastEventId !== undefined && lastEventId !== ''
  const since = resumed ? engineTime('last-event-id', lastEventId) : query.since && engineTime('since', query.since)
  return {
    tail: query.tail ?? (resumed || query.since ? undefined : DEFAULT_TAIL),
    since: since || undefined,
    until: query.until && engineTime('until', query.until),
    stdout: query.stdout ?? true,
    stderr: query.stderr ?? true,
    follow: query.follow ?? false
  }
}

/** The engine takes seconds with nine digits of fraction; people write dates. Neither loses its nanoseconds here. */
export function engineTime(field: string, text: string): string {
  if (/^\d{1,12}(\.\d{1,9})?$/.test(text)) return text
  const fraction = /\.(\d{1,9})/.exec(text)?.[1] ?? ''
  const seconds = Math.floor(Date.parse(text) / 1000)
  if (Number.isNaN(seconds) || !/^\d{4}-\d\d-\d\d/.test(text))
    throw invalidField(field, 'must be a time such as 2026-01-31T12:00:00Z or seconds since 1970')
  return fraction ? `${seconds}.${fraction.padEnd(9, '0')}` : String(seconds)
}

/** A line as JSON shows it. */
export function logEntry({ stream, time, text }: LogLine) {
  return { stream, timestamp: time, line: text }
}

export function logText(lines: AsyncIterable<LogLine>, timestamps: boolean): Readable {
  async function* texts() {
    for await (const { time, text } of lines) yield timestamps ? `${time} ${text}\n` : `${text}\n`
  }
  return Readable.from(texts(), { objectMode: false })
}

/** As one object, written as the lines come: all of them at once may be more than memory holds. */
export function logJson(lines: AsyncIterable<LogLine>): Readable {
  async function* texts() {
    let isFirst = true
    for await (const line of lines) {
      yield `${isFirst ? '{"lines":[' : ','}${JSON.stringify(logEntry(line))}`
      isFirst = false
    }
    yield isFirst ? '{"lines":[]}' : ']}'
  }
  return Readable.from(texts(), { objectMode: false })
}

/** For one answer that holds them all. */
export async function entriesOf(
  lines: AsyncIterable<LogLine>,
  maxBytes: number
): Promise<ReturnType<typeof logEntry>[]> {
  const entries: ReturnType<typeof logEntry>[] = []
  let bytes = 0
  for await (const line of lines) {
    bytes += Buffer.byteLength(line.text) + LINE_BYTES
    if (bytes > maxBytes)
      throw invalidField(
        'tail',
        `must be smaller: the lines are more than ${maxBytes / 1024 ** 2} MiB; a stream has no limit`
      )
    entries.push(logEntry(line))
  }
  return entries
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

/** Lines as they come, then one event that says why no more will. */
export async function* followLogs(
  containers: LogSource,
  id: string,
  query: LogQuery,
  lastEventId: string | undefined,
  signal: AbortSignal
): AsyncGenerator<StreamEvent> {
  const { record, lines } = containers.logs(id, query, signal)
  for await (const { stream, time, text } of lines) {
    // The engine includes the line whose time it is given, and the client has it.
    if (time !== '' && time === lastEventId) continue
    yield { id: time, event: stream, data: { timestamp: time, line: text } }
  }
  yield { event: 'end', data: await containers.ending(record.id) }
}
