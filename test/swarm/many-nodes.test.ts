// Figures of docs/swarm.md for many nodes with 100 containers each, at full size only: they are comments of this test. The nodes
// are simulated, the server is not. What it asserts is far looser. BERTH_TEST_NODES=100 needs a machine with time to spare.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import type { Container } from '../../src/containers/schemas.ts'
import { makeAgentCerts } from '../helpers/agent.ts'
import { connect, eventually } from '../helpers/engine.ts'
import { makeFolder } from '../helpers/folder.ts'
import { freePort } from '../helpers/port-ranges.ts'
import { startServer } from '../helpers/server.ts'
import { startSimulated } from './simulated.ts'

const isFull = process.env.BERTH_TEST_FULL === '1'
const NODES = Number(process.env.BERTH_TEST_NODES ?? 20)
const TASKS_EACH = 100
const LOST = 7
const QUIET_MS = 30_000
const MANY_MS = 600_000

const median = (values: number[]) => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0

t.test(`${NODES} nodes with ${TASKS_EACH} containers each`, { skip: !isFull && 'at full size' }, async (t) => {
  const folder = makeFolder('simulated')
  const certs = makeAgentCerts(join(folder, 'certs'))
  const socket = join(folder, 'manager.sock')
  const port = freePort()
  const swarm = await startSimulated({
    nodes: NODES,
    tasksEach: TASKS_EACH,
    socket,
    agents: { port, certs: certs.agent }
  })
  t.teardown(swarm.close)
  const began = performance.now()
  const server = await startServer(t, {
    ports: { first: 5_000, last: 32_000 },
    socket,
    engine: connect(socket),
    env: {
      BERTH_ENGINE: 'swarm',
      BERTH_PUBLISH_HOST: '0.0.0.0',
      BERTH_AGENT_PORT: String(port),
      BERTH_AGENT_CERTS: certs.server,
      LOG_LEVEL: 'info'
    }
  })
  const statusOf = () => readFileSync(`/proc/${server.pid}/status`, 'utf8')
  const memoryMb = () => Math.round(Number(/VmRSS:\s+(\d+)/.exec(statusOf())?.[1]) / 1024)
  const cpuMs = () => {
    const [, , ...fields] = readFileSync(`/proc/${server.pid}/stat`, 'utf8')
      .replace(/\(.*\)/, '')
      .split(' ')
    return 10 * (Number(fields[10]) + Number(fields[11]))
  }
  async function timed(path: string, times = 20) {
    const took: number[] = []
    let bytes = 0
    let busy = 0
    for (let turn = 0; turn < times; turn++) {
      const since = performance.now()
      const { status, body, text } = await server.get(path)
      took.push(performance.now() - since)
      if (body.code === 'SERVER_BUSY') busy++
      else t.equal(status, 200, text.slice(0, 500))
      bytes = Math.max(bytes, text.length)
    }
    const most = Math.max(...took).toFixed(0)
    t.comment(
      `GET ${path}: ${median(took).toFixed(0)} ms, median of ${times}, at most ${most}; ${(bytes / 1e6).toFixed(2)} MB, ${busy} busy`
    )
  }

  await eventually(async () => {
    const { body } = await server.get<Container[]>('/containers')
    if (body.length !== NODES * TASKS_EACH) throw new Error(`${body.length} are known`)
  }, MANY_MS)
  t.comment(`all known ${Math.round((performance.now() - began) / 1000)} s after the start, with ${memoryMb()} MB`)

  swarm.takeCalls()
  const [since, used] = [performance.now(), cpuMs()]
  await setTimeout(QUIET_MS)
  const share = (cpuMs() - used) / (performance.now() - since)
  t.comment(`without requests: ${(100 * share).toFixed(0)} % of a core, ${memoryMb()} MB`)
  t.comment(`calls in ${QUIET_MS} ms: ${JSON.stringify(swarm.takeCalls())}`)
  await timed('/containers')
  await timed('/containers?limit=100')
  await timed('/nodes')
  await timed('/nodes/n9')
  await timed('/metrics')
  const ages: number[] = []
  for (let number = 0; number < NODES * TASKS_EACH; number += 101) {
    const { body } = await server.get<{ sampled_at: string }>(`/containers/many-${number}/stats`)
    ages.push(body.sampled_at ? Date.now() - Date.parse(body.sampled_at) : Infinity)
  }
  t.comment(
    `statistics are ${(median(ages) / 1000).toFixed(1)} s old, median of ${ages.length}; at most ${Math.max(...ages) / 1000}`
  )

  swarm.takeCalls()
  const [lostAt, usedBefore] = [performance.now(), cpuMs()]
  const names = swarm.loseNode(LOST)
  const waiting = new Set(names)
  let first = 0
  await eventually(async () => {
    for (const name of waiting) {
      const { body } = await server.get<Container>(`/containers/${name}`)
      if (body.node?.name === `n${LOST}` || body.state !== 'running') throw new Error(`${name} is still there`)
      first ||= performance.now() - lostAt
      waiting.delete(name)
    }
  }, MANY_MS)
  t.comment(
    `the ${names.length} containers of a lost node are elsewhere after ${Math.round(first)} to ${Math.round(performance.now() - lostAt)} ms, with ${cpuMs() - usedBefore} ms of CPU`
  )
  t.comment(`calls meanwhile: ${JSON.stringify(swarm.takeCalls())}`)
  t.comment(`memory in the end: ${memoryMb()} MB, ${/VmHWM:\s+(\d+)/.exec(statusOf())?.[1]} kB at most`)
  t.match((await server.get<{ containers: string[] }>(`/nodes/n${LOST}`)).body, { state: 'down', containers: [] })
})
