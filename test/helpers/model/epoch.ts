// Plays one plan on real servers, then lets everything heal and checks that the model can explain the answers and the
// final state.

import { setTimeout } from 'node:timers/promises'
import type { Container } from '../../../src/containers/schemas.ts'
import { endOf, sendBuild } from '../builds.ts'
import { eventually, IMAGE, ignoreMissing, TEST_LABEL } from '../engine.ts'
import { SLEEPER, unique, type Server } from '../server.ts'
import { ABSENT, explain, isUncertain, type Operation, type State, type Step, type Told } from './model.ts'
import type { Client, Plan } from './plan.ts'
import type { World } from './world.ts'

const HEAL_MS = 180_000
const ANSWER_MS = 240_000
const FREEZE_MS = 7_000
const SOON_SECONDS = 1

/** The requests and answers of one client. */
type Slot = { client: Client; name: string; server: Server; steps: Step[] }
export type Played = { operations: number; uncertain: number }

export async function playEpoch(world: World, plan: Plan): Promise<Played> {
  const slots = plan.clients.map((client) => ({
    client,
    name: unique('model'),
    server: world.servers[client.server],
    steps: []
  }))
  const progress = countdown(plan.troubleAfter)
  const builds: string[] = []
  const work = slots.map((slot) => playClient(slot, progress.tick))
  if (plan.build) work.push(sendOne(world.servers[0], builds))
  const trouble = progress.reached.then(() => makeTrouble(world, plan))
  await Promise.all(work)
  progress.end()
  await trouble
  await heal(world)
  await eventually(async () => {
    await atRest(world, slots)
    // A container during its removal may look stopped for a moment.
    const found = await statesOf(world)
    for (const slot of slots) check(slot, found.get(slot.name) ?? ABSENT, plan)
  }, HEAL_MS)
  for (const id of builds) {
    const { status } = await endOf(world.servers[0], id, HEAL_MS)
    if (plan.trouble === 'none' && status !== 'completed') throw new Error(`a build is ${status}`)
  }
  await clear(world, slots, builds)
  const steps = slots.flatMap((slot): Step[] => slot.steps)
  return { operations: steps.length + builds.length, uncertain: steps.filter(({ told }) => isUncertain(told)).length }
}

async function playClient(slot: Slot, tick: () => void): Promise<void> {
  for (const { operation, twice } of slot.client.operations) {
    await Promise.all(Array.from({ length: twice ? 2 : 1 }, () => step(slot, operation)))
    tick()
  }
}

async function step(slot: Slot, operation: Operation): Promise<void> {
  const from = performance.now()
  const told = await ask(slot, operation)
  // A state marked as stale may be old.
  if (told) slot.steps.push({ operation, told, from, to: performance.now() })
}

async function ask({ name, server }: Slot, operation: Operation): Promise<Told | undefined> {
  const signal = AbortSignal.timeout(ANSWER_MS)
  const path = `/containers/${name}`
  const send = (method: string, url: string, body?: unknown, headers: Record<string, string> = {}) =>
    server.request<Container>(method, url, { body, headers, signal })
  const body = { name, command: SLEEPER, labels: server.labels }
  const requests: Record<Operation, () => ReturnType<typeof send>> = {
    create: () => send('POST', '/containers', body),
    'create by key': () => send('POST', '/containers', body, { 'idempotency-key': name }),
    start: () => send('POST', `${path}/start`),
    stop: () => send('POST', `${path}/stop?timeout=0`),
    remove: () => send('DELETE', `${path}?force=true`),
    'end soon': () => send('PATCH', path, { ttl_seconds: SOON_SECONDS }),
    'end never': () => send('PATCH', path, { ttl_seconds: null }),
    get: () => send('GET', path)
  }
  try {
    const answer = await requests[operation]()
    if (operation === 'get' && answer.body.stale) return undefined
    return { status: answer.status, code: answer.body.code, shown: answer.body.state }
  } catch (error) {
    if (signal.aborted) throw new Error(`${operation}: no answer in ${ANSWER_MS} ms`, { cause: error })
    return {}
  }
}

async function makeTrouble({ servers: [server], proxy, disk, freezer }: World, plan: Plan): Promise<void> {
  if (/proxy/.test(plan.trouble)) for (const fault of plan.faults) proxy.next('POST', /^\/(containers|volumes)/, fault)
  if (plan.trouble === 'proxy') proxy.next('DELETE', /^\/containers/, plan.faults[0] ?? 'drop')
  if (plan.trouble === 'full disk') disk?.fill()
  if (plan.trouble === 'freeze') {
    freezer.freeze()
    await setTimeout(FREEZE_MS)
    freezer.thaw()
  }
  if (/kill/.test(plan.trouble)) {
    await server.kill('SIGKILL')
    await server.start()
  }
}

async function heal({ servers: [server], proxy, disk }: World): Promise<void> {
  proxy.heal()
  disk?.free()
  if (server.hasEnded()) await server.start()
}

/** Both servers agree with the engine, nothing is half-made, no port is leased, and every removal is done. */
async function atRest(world: World, slots: Slot[]): Promise<void> {
  const rows = (await Promise.all(world.servers.map((server) => server.inEngine()))).flat()
  const names = new Set(slots.map(({ name }) => name))
  const real = rows.map(({ Id, Names, State }) => `${Names[0]?.slice(1)} ${Id.slice(0, 12)} ${State}`).sort()
  const stray = rows.filter(({ Names }) => !names.has(Names[0]?.slice(1) ?? ''))
  if (stray.length > 0) throw new Error(`not asked for: ${stray.map(({ Names, State }) => `${Names} ${State}`)}`)
  const halfMade = rows.filter(({ State: state }) => state === 'created' || state === 'removing')
  if (halfMade.length > 0) throw new Error(`half-made: ${halfMade.map(({ Names, State }) => `${Names} ${State}`)}`)
  for (const server of world.servers) {
    const { body } = await server.get<Container[]>(`/containers?label=${TEST_LABEL}`)
    if (body.some(({ stale }) => stale)) throw new Error('reads are stale')
    const shown = body.filter(({ name }) => names.has(name)).map(({ name, id, state }) => `${name} ${id} ${state}`)
    if (String(shown.sort()) !== String(real)) throw new Error(`the engine has ${real}; a server shows ${shown}`)
    const { counts } = await server.portOverview()
    if (counts.leased > 0) throw new Error(`${counts.leased} ports are leased`)
  }
  const ports = rows.flatMap(({ Ports }) => [...new Set(Ports.flatMap(({ PublicPort }) => PublicPort ?? []))])
  if (new Set(ports).size !== ports.length) throw new Error(`a port was given twice: ${ports}`)
  for (const slot of slots) {
    const finals = explain([ABSENT], slot.steps)
    const mustGo = finals.length > 0 && finals.every(({ life, ends }) => life === 'absent' || ends)
    if (mustGo && real.some((text) => text.startsWith(`${slot.name} `))) throw new Error(`${slot.name} has not gone`)
  }
}

async function statesOf(world: World): Promise<Map<string, State>> {
  const rows = (await Promise.all(world.servers.map((server) => server.inEngine()))).flat()
  return new Map(
    rows.map(({ Names, State }) => [
      Names[0]?.slice(1) ?? '',
      { life: State === 'running' ? 'running' : 'stopped', ends: false }
    ])
  )
}

function check(slot: Slot, found: State, plan: Plan): void {
  const doubtful = slot.steps.find(({ told }) => isUncertain(told))
  if (doubtful && plan.trouble === 'none') throw new Error(`without trouble: ${tell([doubtful])}`)
  const finals = explain([ABSENT], slot.steps)
  if (finals.length === 0) throw new Error(`nothing explains these answers: ${tell(slot.steps)}`)
  if (!finals.some(({ life, ends }) => life === found.life && !ends))
    throw new Error(`it is ${found.life} and may be ${finals.map(({ life }) => life)}: ${tell(slot.steps)}`)
}

function tell(steps: Step[]): string {
  return steps
    .map(({ operation, told: { status, code, shown }, from, to }) => {
      const answer = status === undefined ? 'no answer' : [status, code, shown].filter(Boolean).join(' ')
      return `${operation} (${Math.round(from)} to ${Math.round(to)}): ${answer}`
    })
    .join('; ')
}

async function sendOne(server: Server, accepted: string[]): Promise<void> {
  const file = `FROM ${IMAGE}\nLABEL built="${unique('build')}"\n`
  const sent = await sendBuild(server, file, { image_name: 'berth-test/model', image_tag: unique('tag') }).catch(
    () => undefined
  )
  if (sent?.status === 202) accepted.push(sent.body.id)
}

async function clear(world: World, slots: Slot[], builds: string[]): Promise<void> {
  for (const { server, name } of slots) await eventually(() => gone(server, `/containers/${name}?force=true`))
  for (const id of builds) await eventually(() => gone(world.servers[0], `/builds/${id}`))
  for (const { RepoTags: tags } of await world.engine.listImages({ filters: { reference: ['berth-test/model'] } }))
    for (const tag of tags ?? []) await ignoreMissing(world.engine.getImage(tag).remove())
}

async function gone(server: Server, path: string): Promise<void> {
  const { status, text } = await server.delete(path)
  if (status !== 200 && status !== 404) throw new Error(`DELETE ${path}: ${status} ${text}`)
}

function countdown(count: number) {
  let left = count
  let end = () => {}
  const reached = new Promise<void>((resolve) => (end = resolve))
  return { reached, end, tick: () => void (--left === 0 && end()) }
}
