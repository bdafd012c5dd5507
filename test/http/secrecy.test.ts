// Two unrelated tokens create, change, guess and read at random. No answer to one of them contains
// a name, an id or a value of the other. SECRECY_SEED repeats a run, SECRECY_CALLS makes a longer one.

import t, { type Test } from 'tap'
import { buildForm, FORM_TYPE } from '../helpers/form.ts'
import { createRandom } from '../helpers/model/random.ts'
import { serveOwners } from '../helpers/owners.ts'
import { openEvents } from '../helpers/sse.ts'

type Side = 'own' | 'stranger'
type Kind = 'containers' | 'volumes' | 'networks' | 'builds' | 'images'
type Call = { method: string; url: string; body?: object | Buffer; headers?: Record<string, string> }
type Random = ReturnType<typeof createRandom>

const SEED = Number(process.env.SECRECY_SEED ?? Date.now() % 1e9)
const CALLS = Number(process.env.SECRECY_CALLS ?? 1_000)
/** Part of every name and value that a side invents. */
const WORD = { own: 'alpha', stranger: 'bravo' } as const
const OTHER = { own: 'stranger', stranger: 'own' } as const
// None has all the resources that a side may have at once, so a create is rarely refused.
const MOST = 8

/** Names that both sides took, one after the other. */
const both = new Set<string>()

const LISTS = [
  '/containers',
  '/containers?state=running',
  '/stats',
  '/ports',
  '/volumes',
  '/networks',
  '/images',
  '/images?reference=*',
  '/builds',
  '/access',
  '/metrics',
  '/system/info',
  '/system/stats',
  '/health',
  '/audit',
  '/tokens'
]
const READS: Record<Kind, string[]> = {
  containers: [
    '',
    '/logs',
    '/stats',
    '/stats/history',
    '/top',
    '/files?path=/tmp',
    '/wait?for=running&timeout_seconds=1'
  ],
  volumes: [''],
  networks: [''],
  builds: ['', '/logs?follow=false'],
  images: ['']
}
const FORCE: Partial<Record<Kind, string>> = { containers: '?force=true', images: '?force=true' }
const CHANGES = ['start', 'stop', 'restart', 'pause', 'unpause'] as const

/** The resources of each side, and the texts that would reveal them. */
function createSide(side: Side) {
  const names: Record<Kind, string[]> = { containers: [], volumes: [], networks: [], builds: [], images: [] }
  return { side, names, ids: new Set<string>(), heard: '', made: 0 }
}
type Known = ReturnType<typeof createSide>

function create(me: Known, kind: Kind, random: Random): Call {
  const name = `${WORD[me.side]}-${kind[0]}${me.made++}`
  const mark = { note: `${WORD[me.side]}-label` }
  if (kind === 'containers') {
    const body = {
      name,
      env: { SECRET: `${WORD[me.side]}-value` },
      labels: mark,
      command: ['echo', `${WORD[me.side]}-argument`],
      ...(me.names.volumes.length > 0 && { volumes: [{ source: random.pick(me.names.volumes), target: '/data' }] }),
      ...(me.names.networks.length > 0 && { network: random.pick(me.names.networks) }),
      ...(me.names.images.length > 0 && { image: random.pick(me.names.images), pull: 'never' })
    }
    return { method: 'POST', url: '/containers', body }
  }
  if (kind === 'builds') {
    const body = buildForm('FROM scratch\n', {
      image_name: name,
      build_args: JSON.stringify({ SECRET: `${WORD[me.side]}-arg` })
    })
    return { method: 'POST', url: '/builds', body, headers: { 'content-type': FORM_TYPE } }
  }
  if (kind === 'images') {
    const image = me.names.images.length > 0 ? random.pick(me.names.images) : 'base-api-server:latest'
    return { method: 'POST', url: '/images/tag', body: { image, target: `${name}:1` } }
  }
  return { method: 'POST', url: `/${kind}`, body: { name, labels: mark } }
}

/** Something of its own or, as often, of the other: a name or an id that it could only guess. */
function reference(me: Known, other: Known, kind: Kind, random: Random): string {
  const from = random.chance(0.5) ? me : other
  const known = [...from.names[kind], ...(kind === 'containers' ? from.ids : [])]
  return known.length > 0 ? random.pick(known) : 'nothing'
}

function next(me: Known, other: Known, random: Random): Call {
  const kind = random.pick(Object.keys(READS) as Kind[])
  const named = `/${kind}/${encodeURIComponent(reference(me, other, kind, random))}`
  return random.pick<() => Call>([
    () => ({ method: 'GET', url: random.pick(LISTS) }),
    () => ({ method: 'GET', url: `${named}${random.pick(READS[kind])}` }),
    () =>
      me.names[kind].length < MOST
        ? create(me, kind, random)
        : { method: 'DELETE', url: `${named}${FORCE[kind] ?? ''}` },
    () => ({
      method: 'POST',
      url: `/containers/${reference(me, other, 'containers', random)}/${random.pick(CHANGES)}`
    }),
    () => ({
      method: 'POST',
      url: `/containers/${reference(me, other, 'containers', random)}/rename`,
      body: { name: `${WORD[me.side]}-r${me.made++}` }
    }),
    () => ({ method: 'POST', url: '/containers', body: { name: reference(me, other, 'containers', random) } }),
    () => ({
      method: 'POST',
      url: '/images/tag',
      body: { image: reference(me, other, 'images', random), target: reference(me, other, 'images', random) }
    }),
    () => ({
      method: 'POST',
      url: '/containers',
      body: { image: `${reference(me, other, 'images', random)}x`, pull: 'never' }
    }),
    () => ({
      method: 'POST',
      url: '/containers',
      body: {
        volumes: [{ source: reference(me, other, 'volumes', random), target: '/data' }],
        network: reference(me, other, 'networks', random)
      }
    })
  ])()
}

/** The texts of the other side in an answer, apart from those in the request. */
function findLeak(other: Known, text: string, { url, body }: Call): string | undefined {
  const asked = `${decodeURIComponent(url)} ${Buffer.isBuffer(body) ? '' : JSON.stringify(body ?? {})}`
  const names = text.match(new RegExp(`${WORD[other.side]}[-\\w]*`, 'g')) ?? []
  const ids = [...other.ids].filter((id) => text.includes(id))
  return [...names, ...ids].find((found) => !asked.includes(found) && !both.has(found))
}

/** Records the resources that an answer reports as created. */
function learn(me: Known, { method, url, body }: Call, answer: { statusCode: number; body: string }): void {
  if (method !== 'POST' || answer.statusCode > 202) return
  const json = JSON.parse(answer.body) as Record<string, unknown>
  const kind = url.slice(1) as Kind
  const { name = '', target = '' } = (body ?? {}) as { name?: string; target?: string }
  for (const taken of [name, target.split(':')[0] ?? '']) if (!taken.startsWith(WORD[me.side])) both.add(taken)
  if (url === '/images/tag') me.names.images.push((body as { target: string }).target)
  if (kind === 'builds') me.names.images.push(`${json.image_name as string}:latest`)
  if (kind in READS) me.names[kind].push(String(kind === 'builds' ? json.id : json.name))
  // An image may have names of both.
  if (url !== '/images/tag') for (const id of [json.id, json.full_id]) if (typeof id === 'string') me.ids.add(id)
}

async function forget(me: Known, read: (url: string) => Promise<{ statusCode: number }>): Promise<void> {
  for (const kind of Object.keys(READS) as Kind[]) {
    const left: string[] = []
    for (const name of me.names[kind])
      if ((await read(`/${kind}/${encodeURIComponent(name)}`)).statusCode === 200) left.push(name)
    me.names[kind] = left
  }
}

t.test(`${CALLS} calls of two strangers, seed ${SEED}`, async (t: Test) => {
  const random = createRandom(SEED)
  const { app, as, secrets } = await serveOwners(t, { env: { BERTH_CHANGES_PER_SECOND: '0' } })
  const sides = { own: createSide('own'), stranger: createSide('stranger') }
  const streams = await Promise.all(
    (['own', 'stranger'] as const).flatMap((side) =>
      ['/events', '/stats/stream'].map(async (path) => ({
        side,
        ...(await openEvents(t, app, path, { authorization: `Bearer ${secrets[side]}` }))
      }))
    )
  )
  const seen = new Map<string, number>()
  for (let count = 0; count < CALLS; count++) {
    const side = random.pick<Side>(['own', 'stranger'])
    const [me, other] = [sides[side], sides[OTHER[side]]]
    const call = next(me, other, random)
    const answer = await as(side).ask(call.method, call.url, call.body, call.headers)
    seen.set(`${answer.statusCode}`, (seen.get(`${answer.statusCode}`) ?? 0) + 1)
    learn(me, call, answer)
    const leak = findLeak(other, `${answer.body} ${JSON.stringify(answer.headers)}`, call)
    if (leak !== undefined || answer.statusCode === 500) {
      t.fail(`call ${count} of ${side}: ${call.method} ${call.url} tells ${leak}: ${answer.body.slice(0, 500)}`)
      return
    }
    if (count % 50 === 0) await forget(me, (url) => as(side).get(url))
  }
  for (const { side, events } of streams) {
    const leak = findLeak(sides[OTHER[side]], JSON.stringify(events), { method: 'GET', url: '' })
    t.equal(leak, undefined, `a stream of ${side} with ${events.length} events`)
  }
  t.comment(
    JSON.stringify(Object.fromEntries(seen)),
    Object.values(sides).map(({ ids }) => ids.size)
  )
  for (const status of ['200', '201', '202', '404', '409', '403'])
    t.ok(seen.has(status), `some calls end with ${status}`)
})
