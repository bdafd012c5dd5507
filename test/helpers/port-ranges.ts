// Ports for tests. Files and even whole runs may run concurrently, so each claims its own: a range for its workloads, and
// single ports for servers.

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isAlive } from './process.ts'

export type Range = { first: number; last: number }

const SIZES = {
  lifecycle: 10,
  create: 20,
  volumes: 10,
  wait: 20,
  logs: 10,
  ports: 30,
  replacement: 20,
  burst: 150,
  twoServers: 200,
  crashCreate: 20,
  crashChange: 10,
  faults: 20,
  engineOutage: 20,
  outsideChanges: 10,
  hostileProxy: 40,
  model: 30,
  engineRestart: 30,
  expiry: 20,
  package: 10,
  mcp: 10,
  idempotency: 20,
  changes: 20,
  stats: 20,
  statsSources: 10,
  streams: 20,
  events: 20,
  grpc: 20,
  gvisor: 10,
  userns: 10,
  metrics: 10,
  compat: 10,
  buildsPush: 10,
  noCommands: 10,
  browser: 10,
  dashboard: 10,
  images: 10,
  registry: 10,
  prune: 10,
  networks: 20,
  builds: 20,
  buildsCrash: 20,
  buildsEngine: 10,
  buildsBounds: 10,
  buildsHostile: 10,
  podman: 10,
  engineContract: 10,
  examples: 10,
  terminal: 10,
  files: 10,
  filesTrees: 10,
  postgres: 10,
  isolation: 20,
  diskLimits: 10
} as const

const WORKLOADS: Range = { first: 8100, last: 8999 }
const STEP = 10
// Below the kernel's ephemeral ports, so that a port stays free while its server is down.
const SERVERS: Range = { first: 20_000, last: 29_999 }
const CLAIMS = join(tmpdir(), 'berth-test-port-claims')
const claimed = new Map<string, Range>()
const claims: string[] = []
process.on('exit', () => {
  for (const claim of claims) rmSync(claim, { force: true })
})

/** The ports of a test file, the same at every call, or the first few of them. */
export function portsOf(file: keyof typeof SIZES, count?: number): Range {
  const range = claimed.get(file) ?? claimRange(SIZES[file])
  claimed.set(file, range)
  return { first: range.first, last: count === undefined ? range.last : range.first + count - 1 }
}

/** For a server of the test: nothing else listens on it, and no other test gets it while this process runs. */
export function freePort(): number {
  const listening = listeningPorts()
  const count = SERVERS.last - SERVERS.first + 1
  for (let index = 0; index < count; index++) {
    const port = SERVERS.first + ((process.pid * 100 + index) % count)
    if (!listening.has(port) && claim([port])) return port
  }
  throw new Error(`no port is left for this test between ${SERVERS.first} and ${SERVERS.last}`)
}

function claimRange(size: number): Range {
  const listening = [...listeningPorts()]
  for (let first = WORKLOADS.first; first + size - 1 <= WORKLOADS.last; first += STEP) {
    const steps = Array.from({ length: Math.ceil(size / STEP) }, (_none, index) => first + index * STEP)
    const isQuiet = !listening.some((port) => port >= first && port < first + size)
    if (isQuiet && claim(steps)) return { first, last: first + size - 1 }
  }
  throw new Error(`no ${size} ports in a row are left for this test between ${WORKLOADS.first} and ${WORKLOADS.last}`)
}

/**
 * Announces its claim before it checks for other claims. So two concurrent claims of a port may both move on to the next
 * one, but never both keep it.
 */
function claim(ports: number[]): boolean {
  mkdirSync(CLAIMS, { recursive: true })
  const wanted = ports.map((port) => join(CLAIMS, `${port}-${process.pid}`))
  if (wanted.some((file) => claims.includes(file))) return false
  for (const file of wanted) writeFileSync(file, '')
  const others = readdirSync(CLAIMS).filter((name) => {
    const [port = 0, pid = 0] = name.split('-').map(Number)
    return pid !== process.pid && ports.includes(port)
  })
  const isTaken = others.some((name) => {
    const runs = isAlive(Number(name.split('-')[1]))
    if (!runs) rmSync(join(CLAIMS, name), { force: true })
    return runs
  })
  if (isTaken) for (const file of wanted) rmSync(file, { force: true })
  else claims.push(...wanted)
  return !isTaken
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
