// Shared parts of the benchmarks: a client that keeps its connections, medians, and the table of results.

import { readFileSync } from 'node:fs'
import http from 'node:http'
import { connect } from 'node:net'
import { SOCKET } from '../helpers/engine.ts'

export type Row = { what: string; ours: string; beside: string; ratio: string; aim: string; met: boolean | null }
export type Target = { socketPath: string } | { host: string; port: number }

export const ENGINE: Target = { socketPath: SOCKET }
export const API = '/v1.41'

const agent = new http.Agent({ keepAlive: true, maxSockets: 256 })

export function ask(
  target: Target,
  method: string,
  path: string,
  body?: unknown,
  type = Buffer.isBuffer(body) ? 'application/x-tar' : 'application/json'
): Promise<{ status: number; text: string }> {
  const payload = body === undefined || Buffer.isBuffer(body) ? body : JSON.stringify(body)
  const headers = payload === undefined ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(payload) }
  return new Promise((resolve, reject) => {
    const request = http.request({ agent, ...target, method, path, headers }, (answer) => {
      const pieces: Buffer[] = []
      answer.on('data', (piece: Buffer) => pieces.push(piece))
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(pieces).toString() }))
    })
    request.on('error', reject)
    request.end(payload)
  })
}

/** Fails on any status except success, so that no refused call is measured. */
export async function must(target: Target, method: string, path: string, body?: unknown): Promise<string> {
  const { status, text } = await ask(target, method, path, body)
  if (status >= 400) throw new Error(`${method} ${path} was answered with ${status}: ${text}`)
  return text
}

/**
 * Reads on a connection of its own until the last byte is there. For answers of a millisecond, of which node's client would
 * take a third for itself.
 */
export function createReader(target: Target) {
  const socket = connect('socketPath' in target ? { path: target.socketPath } : target)
  return (path: string): Promise<void> =>
    new Promise((resolve, reject) => {
      let head = ''
      let missing = Infinity
      let last = Buffer.alloc(0)
      function onData(piece: Buffer) {
        // The head is short and comes in one piece.
        if (head === '') {
          head = piece.toString('latin1', 0, piece.indexOf(END_OF_HEAD) + END_OF_HEAD.length)
          const [, length] = /content-length: (\d+)/i.exec(head) ?? []
          if (length !== undefined) missing = head.length + Number(length)
        }
        missing -= piece.length
        last = Buffer.concat([last, piece.subarray(-LAST_CHUNK.length)]).subarray(-LAST_CHUNK.length)
        if (missing > 0 && !last.equals(LAST_CHUNK)) return
        socket.off('data', onData).off('error', reject)
        if (head.startsWith('HTTP/1.1 200 ')) resolve()
        else reject(new Error(`GET ${path} was answered with ${head}`))
      }
      socket.on('data', onData).once('error', reject)
      socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`)
    })
}

const CLOCK_TICKS = 100
const END_OF_HEAD = '\r\n\r\n'
const LAST_CHUNK = Buffer.from('0\r\n\r\n')

export async function timed(task: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await task()
  return performance.now() - started
}

/** The times of each way, round by round. Each round begins with another way, so that none always comes first. */
export async function inTurns<Way, Name extends string>(
  ways: Record<Name, Way>,
  rounds: number,
  measure: (way: Way) => Promise<number>
): Promise<Record<Name, number[]>> {
  const times = {} as Record<Name, number[]>
  for (let round = 0; round < rounds; round++) {
    const entries = Object.entries(ways) as [Name, Way][]
    const first = round % entries.length
    for (const [name, way] of [...entries.slice(first), ...entries.slice(0, first)])
      (times[name] ??= []).push(await measure(way))
  }
  return times
}

export function quantile(values: number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN
}

export const median = (values: number[]): number => quantile(values, 0.5)

/** The CPU time of the processes since their start. */
export function cpuSeconds(pids: number[]): number {
  return pids.reduce((sum, pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    return sum + (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS
  }, 0)
}

export function ms(value: number): string {
  return value < 1 ? `${(value * 1000).toFixed(0)} µs` : `${value.toFixed(value < 10 ? 2 : 0)} ms`
}

export function printTable(rows: Row[]): void {
  const cells = [
    ['what', 'Berth', 'beside it', 'ratio', 'aim', ''],
    ...rows.map((row) => [row.what, row.ours, row.beside, row.ratio, row.aim, verdict(row.met)])
  ]
  const widths = cells[0]?.map((_cell, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0))) ?? []
  for (const row of cells) console.log(`| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`)
}

function verdict(met: boolean | null): string {
  if (met === null) return ''
  return met ? 'met' : 'MISSED'
}
