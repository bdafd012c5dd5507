// What the benchmarks share: a client that keeps its connections, medians, and the table of results.

import http from 'node:http'
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
  body?: unknown
): Promise<{ status: number; text: string }> {
  const payload = body === undefined ? undefined : JSON.stringify(body)
  const headers =
    payload === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }
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

/** Fails on any status but those of success, so that no refused call is measured. */
export async function must(target: Target, method: string, path: string, body?: unknown): Promise<string> {
  const { status, text } = await ask(target, method, path, body)
  if (status >= 400) throw new Error(`${method} ${path} was answered with ${status}: ${text}`)
  return text
}

export async function timed(task: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await task()
  return performance.now() - started
}

export function quantile(values: number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN
}

export const median = (values: number[]): number => quantile(values, 0.5)

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
