// Managers that lose their leader, and their quorum, under a server on a manager that stays. At full size only: an election
// takes half a minute.

import { setTimeout } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { Container } from '../../src/containers/schemas.ts'
import { eventually } from '../helpers/engine.ts'
import { hostPort, SLEEPER, type Server } from '../helpers/server.ts'
import { noSwarm, startLab, type Lab } from './lab.ts'
import { startSwarmServer } from './server.ts'

const isFull = process.env.BERTH_TEST_FULL === '1'
const ELECTED_MS = 240_000
// The allowed answers to a change while there is no leader; 504 and 502 if it may have been carried out.
const REFUSALS = [502, 503, 504]

t.test('managers without a quorum', { skip: noSwarm || (!isFull && 'at full size') }, async (t) => {
  const lab = startLab(t, { nodes: 3, managers: 3 })
  const [first, second, third] = lab.nodes as [Lab['manager'], Lab['manager'], Lab['manager']]
  const server = await startSwarmServer(t, lab, { manager: second, engine: second.engine })
  await server.create({ name: 'steady', command: SLEEPER })

  const create = (name: string) =>
    server.create({ name, command: SLEEPER }, { headers: { 'idempotency-key': `key of ${name}` } })
  const servicesNamed = async (name: string) =>
    (await second.engine.listServices()).filter(({ Spec: spec }) => spec?.Name === name)

  /** `isElected`: the remaining managers elect another leader by themselves. */
  async function goOn(t: Test, name: string, { isElected, mend }: { isElected: boolean; mend: () => void }) {
    const reading = new AbortController()
    const reads = readAll(server, reading.signal)
    const uncertain = create(name)
    await eventually(async () => {
      const { body } = await server.get<Container>('/containers/steady')
      if (!body.stale || typeof body.age_ms !== 'number') throw new Error('a read does not say that it is old')
    }, ELECTED_MS)
    const refused = await server.create({ name: 'refused', command: SLEEPER })
    if (isElected) t.ok([201, 503].includes(refused.status), refused.text)
    else t.match(refused, { status: 503, headers: { 'retry-after': /\d/ } }, refused.text)
    if (refused.status === 201) await server.delete('/containers/refused?force=true')
    mend()
    const answers = [await uncertain]
    await eventually(async () => {
      if (answers.at(-1)?.status !== 201) answers.push(await create(name))
      if (answers.at(-1)?.status !== 201) throw new Error(answers.at(-1)?.text)
    }, ELECTED_MS)
    const others = answers.filter(({ status }) => status !== 201)
    t.strictSame(
      others.filter(({ status }) => !REFUSALS.includes(status)).map(({ text }) => text),
      [],
      'every refusal says to try again'
    )
    await eventually(async () => {
      const { body } = await server.get<Container>('/containers/steady')
      if (body.stale) throw new Error('still old')
      if ((await server.get('/health/ready')).status !== 200) throw new Error('not ready')
    }, ELECTED_MS)
    reading.abort()
    t.strictSame([...new Set(await reads)], ['200'], 'no read failed')
    await eventually(async () => {
      const all = await second.engine.listServices()
      const names = all.map(({ Spec: spec }) => spec?.Name).toSorted()
      const expected = (await server.get<Container[]>('/containers')).body.map((each) => each.name).toSorted()
      if (String(names) !== String(expected)) throw new Error(`${names} instead of ${expected}`)
      if (names.includes('refused')) throw new Error(`refused, and there: ${names}`)
    }, ELECTED_MS)
    t.equal((await servicesNamed(name)).length, 1, 'what was refused and tried again is there once')
    const { body: known } = await server.get<Container[]>('/containers')
    const ports = known.map(hostPort)
    t.equal(new Set(ports).size, ports.length)
  }

  await t.test('a lost leader: reads continue, and another manager takes over', async (t) => {
    lab.kill(first)
    await goOn(t, 'elected', { isElected: true, mend() {} })
    lab.start(first)
    await allReachable(server, 3)
  })

  await t.test('a lost quorum: reads continue until it is back', async (t) => {
    lab.kill(first)
    lab.kill(third)
    await goOn(t, 'agreed', { isElected: false, mend: () => void lab.start(first) })
    lab.start(third)
    await allReachable(server, 3)
  })
})

/** The outcomes of reads, one after the other. */
async function readAll(server: Server, signal: AbortSignal): Promise<string[]> {
  const outcomes: string[] = []
  while (!signal.aborted) {
    const { status, text } = await server.get('/containers/steady')
    outcomes.push(status === 200 ? '200' : text)
    await setTimeout(200)
  }
  return outcomes
}

function allReachable(server: Server, count: number): Promise<void> {
  return eventually(async () => {
    const { body } = await server.get<{ state: string; reachable: boolean | null }[]>('/nodes')
    const reached = body.filter(({ state, reachable }) => state === 'ready' && reachable)
    if (reached.length < count) throw new Error(JSON.stringify(body))
  }, ELECTED_MS)
}
