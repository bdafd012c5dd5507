// `npm run bench`: the promised figures, measured in one run on a real engine. Absolute times depend on the machine; the
// ratios are what counts. Name parts to run only those: start, allocate, create, grpc, reads, builds, terminals.

import { freePort } from '../helpers/port-ranges.ts'
import { startServer } from '../helpers/server.ts'
import { benchAllocate } from './allocate.ts'
import { benchBuilds } from './builds.ts'
import { benchCreate } from './create.ts'
import { benchGrpc } from './grpc.ts'
import { printTable, type Row } from './harness.ts'
import { benchReads } from './reads.ts'
import { benchStart } from './start.ts'
import { benchTerminals } from './terminals.ts'

const BERTH_PORTS = { first: 8001, last: 8700 }
const OTHER_PORTS = 8701
const TERMINALS = { BERTH_EXEC: 'true', BERTH_TERMINALS_PER_CALLER: '20' }

const asked = process.argv.slice(2)
const wants = (part: string) => asked.length === 0 || asked.includes(part)
const undo: (() => unknown)[] = []
const rows: Row[] = []

try {
  if (wants('allocate')) rows.push(benchAllocate())
  if (wants('start')) rows.push(...(await benchStart()))
  if (['create', 'grpc', 'reads', 'builds', 'terminals'].some(wants)) {
    const lifetime = { teardown: (task: () => unknown) => void undo.push(task), passing: () => true }
    const grpcPort = freePort()
    const env = { LOG_LEVEL: 'warn', BERTH_GRPC_PORT: String(grpcPort), BERTH_CHANGES_PER_SECOND: '0', ...TERMINALS }
    const server = await startServer(lifetime, { ports: BERTH_PORTS, env })
    const target = { host: '127.0.0.1', port: Number(new URL(server.url).port) }
    if (wants('create')) rows.push(...(await benchCreate(target, OTHER_PORTS)))
    if (wants('grpc')) rows.push(...(await benchGrpc(target, grpcPort)))
    if (wants('reads')) rows.push(...(await benchReads(target, server.pid ?? 0)))
    if (wants('terminals')) rows.push(...(await benchTerminals(server.url, server.pid ?? 0)))
    if (wants('builds')) rows.push(...(await benchBuilds({ target, pid: server.pid ?? 0 })))
  }
} finally {
  for (const task of undo.reverse()) await task()
}
printTable(rows)
process.exit(0)
