// Ports for test files. They run at the same time, and so may whole runs, so each file claims a stretch of its own.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isAlive } from './process.ts'

export type Range = { first: number; last: number }

const SIZES = {
  lifecycle: 40,
  wait: 20,
  logs: 10,
  ports: 30,
  replacement: 20,
  burst: 150,
  twoServers: 200,
  crashCreate: 20,
  crashChange: 10,
  faults: 30,
  engineRestart: 30,
  expiry: 20,
  idempotency: 20,
  changes: 20,
  stats: 20,
  statsSources: 10,
  streams: 20,
  events: 20,
  grpc: 20,
  metrics: 10,
  compat: 10,
  buildsPush: 10,
  noCommands: 10,
  browser: 10,
  images: 10,
  registry: 10,
  prune: 10,
  builds: 20,
  buildsCrash: 20,
  buildsEngine: 10,
  buildsBounds: 10,
  buildsHostile: 10
} as const

const FIRST = 8100
const LAST = 8999
const STEP = 10
const LOCKS = join(tmpdir(), 'berth-test-ports')
const claimed = new Map<string, Range>()
const locks: string[] = []
process.on('exit', () => {
  for (const lock of locks) rmSync(lock, { force: true })
})

/** The ports of a test file, the same at every call, or the first few of them. */
export function portsOf(file: keyof typeof SIZES, count?: number): Range {
  const range = claimed.get(file) ?? claim(SIZES[file])
  claimed.set(file, range)
  return { first: range.first, last: count === undefined ? range.last : range.first + count - 1 }
}

function claim(size: number): Range {
  mkdirSync(LOCKS, { recursive: true })
  const listening = listeningPorts()
  for (let first = FIRST; first + size - 1 <= LAST; first += STEP) {
    const steps = Array.from({ length: Math.ceil(size / STEP) }, (_none, index) => first + index * STEP)
    const isQuiet = ![...listening].some((port) => port >= first && port < first + size)
    if (isQuiet && lockAll(steps.map((step) => join(LOCKS, String(step))))) return { first, last: first + size - 1 }
  }
  throw new Error(`no ${size} ports in a row are left for this test between ${FIRST} and ${LAST}`)
}

function lockAll(wanted: string[]): boolean {
  const got: string[] = []
  for (const lock of wanted) {
    if (!lockOne(lock)) {
      for (const other of got) rmSync(other, { force: true })
      return false
    }
    got.push(lock)
  }
  locks.push(...got)
  return true
}

function lockOne(lock: string): boolean {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' })
    return true
  } catch {
    if (isAlive(Number(readOr(lock, String(process.pid))))) return false
    // Of a run that was killed.
    rmSync(lock, { force: true })
    return lockOne(lock)
  }
}

function listeningPorts(): Set<number> {
  const lines = ['tcp', 'tcp6', 'udp', 'udp6'].flatMap((table) => readOr(`/proc/net/${table}`, '').split('\n').slice(1))
  return new Set(lines.map((line) => Number.parseInt(/:([0-9A-F]{4}) /.exec(line)?.[1] ?? '0', 16)))
}

function readOr(file: string, otherwise: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return otherwise
  }
}
