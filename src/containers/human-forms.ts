// Converts forms that people write to the exact form used internally. Pure. Invalid values are left for the schema to
// refuse.

import { invalidField } from '../errors.ts'
import { splitCommand } from '../lib/command-line.ts'
import { parseDuration } from '../lib/durations.ts'
import { parseBytes } from '../lib/settings.ts'

const PORT = /^(?:(\d{1,5}):)?(\d{1,5})(?:\/(tcp|udp))?$/
const PORT_RULE =
  'must be a port of the workload, such as 5000, or 8150:5000 with the host port before it, and /udp after it if it is that'

type Body = Record<string, unknown>

export function exactForms(body: unknown): unknown {
  if (!isObject(body)) return body
  const exact: Body = { ...body }
  for (const [field, read] of Object.entries(READERS)) if (field in exact) exact[field] = read(exact[field], field)
  if (exact.ttl === undefined || exact.ttl === null) return exact
  const { ttl, ...rest } = exact
  if (rest.ttl_seconds !== undefined) throw invalidField('ttl', 'says the same as ttl_seconds: give one of them')
  return { ...rest, ttl_seconds: readDuration(ttl) }
}

const READERS: Record<string, (value: unknown, field: string) => unknown> = {
  command: readCommand,
  entrypoint: readCommand,
  memory: readSize,
  storage_size: readSize,
  ports: readPorts
}

function readCommand(value: unknown, field: string): unknown {
  if (typeof value !== 'string') return value
  const words = splitCommand(value)
  if (words === undefined) throw invalidField(field, 'has a quote that is not closed, or ends with a backslash')
  if (words.length === 0) throw invalidField(field, 'is empty: leave it out for that of the image')
  return words
}

function readSize(value: unknown, field: string): unknown {
  if (typeof value !== 'string') return value
  try {
    return parseBytes(value)
  } catch {
    throw invalidField(field, 'must be a number of bytes, or a size such as 512m or 2g')
  }
}

function readDuration(value: unknown): number {
  const seconds = typeof value === 'string' ? parseDuration(value) : undefined
  if (seconds === undefined) throw invalidField('ttl', 'must be a span of time, such as 90s, 30m, 2h or 7d')
  return Math.round(seconds)
}

/** `["8150:5000"]` as for docker run, `{"5000/tcp": 8150}` as in Docker's library for Python. */
function readPorts(value: unknown): unknown {
  if (Array.isArray(value))
    return value.map((item: unknown, index) => (typeof item === 'string' ? readPort(item, `ports.${index}`) : item))
  if (!isObject(value)) return value
  return Object.entries(value).map(([port, host]) => {
    const field = `ports.${port.slice(0, 40)}`
    const read = readPort(port, field)
    if (host === null || host === '') return read
    const number = typeof host === 'string' || typeof host === 'number' ? String(host) : ''
    if (!/^\d{1,5}$/.test(number)) throw invalidField(field, 'must have a host port, or null for the next free one')
    return { ...read, host_port: Number(number) }
  })
}

function readPort(text: string, field: string): { container_port: number; protocol?: string; host_port?: number } {
  const [, host, port, protocol] = PORT.exec(text) ?? []
  if (port === undefined) throw invalidField(field, PORT_RULE)
  return {
    container_port: Number(port),
    ...(protocol !== undefined && { protocol }),
    ...(host !== undefined && { host_port: Number(host) })
  }
}

function isObject(value: unknown): value is Body {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
