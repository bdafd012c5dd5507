// Every call that Berth makes of an engine, each in the smallest request that makes it.

import { sendBuild, endOf } from '../builds.ts'
import { eventually, ignoreMissing, IMAGE, listen } from '../engine.ts'
import {
  ask,
  containerPath,
  create,
  made,
  stateIfAnswered,
  stopped,
  thereIfAnswered,
  type Round,
  type Scenario
} from './scenario.ts'

const withVolume = (name: string) => ({ volumes: [{ source: name, target: '/data' }] })
const createWithVolume = (round: Round) => create(withVolume(round.name))(round)
/** The engine creates it but cannot start it. */
const createInVain = (round: Round) => create({ ...withVolume(round.name), user: 'nobody-of-that-name' })(round)
const byName = (method: string, rest = '', body?: unknown) =>
  ask(method, (name) => `/containers/${name}${rest}`, body === undefined ? undefined : () => body)
const imageOf = (name: string) => `${name}/kept:1`
const copyOfImage = (name: string) => ({ image: IMAGE, target: imageOf(name) })
const CREATE = /^\/containers\/create$/
const VOLUMES = /^\/volumes\/[^/]+$/

const OF_CREATES: Scenario[] = [
  { name: 'create', method: 'POST', path: CREATE, act: createWithVolume },
  { name: 'create: start', method: 'POST', path: containerPath('/start'), act: createWithVolume },
  { name: 'create: inspect', method: 'GET', path: containerPath('/json'), act: createWithVolume },
  { name: 'create: volume', method: 'POST', path: /^\/volumes\/create$/, act: createWithVolume },
  { name: 'create: look for volume', method: 'GET', path: /^\/volumes$/, act: createWithVolume },
  { name: 'create: find image', method: 'GET', path: /^\/images\/.+\/json$/, act: create() }
].map((scenario) => ({ ...scenario, again: [201, 409], promised: thereIfAnswered }))

const OF_UNDOING: Scenario[] = [
  { name: 'undo: remove', method: 'DELETE', path: containerPath(), act: createInVain, again: [422] },
  { name: 'undo: remove volume', method: 'DELETE', path: VOLUMES, act: createInVain, again: [422] }
].map((scenario) => ({ ...scenario, promised: thereIfAnswered }))

const withKey = (round: Round) => create({}, { 'idempotency-key': round.name })(round)
const OF_KEYS: Scenario[] = [
  { name: 'create with key', method: 'POST', path: CREATE, act: withKey, again: [200, 201] },
  { name: 'create with key: start', method: 'POST', path: containerPath('/start'), act: withKey, again: [200, 201] },
  { name: 'create with key: inspect', method: 'GET', path: containerPath('/json'), act: withKey, again: [200, 201] }
]

/** A stopped container whose port another program has taken. */
async function ousted(round: Round): Promise<void> {
  await stopped(round)
  const { HostConfig: host } = await round.engine.getContainer(round.name).inspect()
  const bindings = host.PortBindings as Record<string, { HostPort: string }[]>
  const close = await listen(Number(Object.values(bindings)[0]?.[0]?.HostPort))
  round.undo.push(close)
}
const OF_REPLACEMENTS: Scenario[] = [
  { name: 'replace: keep files', method: 'POST', path: /^\/commit$/ },
  { name: 'replace: create', method: 'POST', path: CREATE },
  { name: 'replace: start', method: 'POST', path: containerPath('/start') },
  { name: 'replace: remove', method: 'DELETE', path: containerPath() },
  { name: 'replace: rename', method: 'POST', path: containerPath('/rename') },
  { name: 'replace: forget files', method: 'DELETE', path: /^\/images\/.+$/ }
].map((scenario) => ({
  ...scenario,
  prepare: ousted,
  act: byName('POST', '/start'),
  again: [200],
  promised: stateIfAnswered('running')
}))

const OF_CHANGES: Scenario[] = [
  {
    name: 'start',
    method: 'POST',
    path: containerPath('/start'),
    prepare: stopped,
    act: byName('POST', '/start'),
    again: [200],
    promised: stateIfAnswered('running')
  },
  {
    name: 'stop',
    method: 'POST',
    path: containerPath('/stop'),
    prepare: made,
    act: byName('POST', '/stop?timeout=0'),
    again: [200],
    promised: stateIfAnswered('exited')
  },
  {
    name: 'remove',
    method: 'DELETE',
    path: containerPath(),
    prepare: made,
    act: byName('DELETE', '?force=true'),
    again: [200, 404],
    promised: stateIfAnswered(undefined)
  },
  {
    name: 'change',
    method: 'POST',
    path: containerPath('/update'),
    prepare: made,
    act: byName('PATCH', '', { memory: '64m', ttl_seconds: null }),
    again: [200]
  },
  {
    name: 'change: inspect',
    method: 'GET',
    path: containerPath('/json'),
    prepare: made,
    act: byName('PATCH', '', { memory: '64m', ttl_seconds: 3600 }),
    again: [200]
  },
  { name: 'list', method: 'GET', path: /^\/containers\/json$/, prepare: made, act: settledList, again: [200] },
  { name: 'events', method: 'GET', path: /^\/events$/, prepare: anewAtEngine, act: settledList, again: [200] }
]

/** The list, after the server must have read the engine's at least once. */
async function settledList(round: Round) {
  await round.engine
    .getContainer(round.name)
    .stop({ t: 0 })
    .catch(() => {})
  return ask('GET', () => '/containers')(round)
}
async function anewAtEngine(round: Round): Promise<void> {
  await made(round)
  await round.proxy.goAway()
  await round.proxy.comeBack()
}

const OF_READS: Scenario[] = [
  { name: 'logs', method: 'GET', path: containerPath('/logs'), prepare: made, act: byName('GET', '/logs') },
  { name: 'stats', method: 'GET', path: containerPath('/stats'), prepare: made, act: byName('GET', '/stats') },
  { name: 'top', method: 'GET', path: containerPath('/top'), prepare: made, act: byName('GET', '/top') },
  { name: 'info', method: 'GET', path: /^\/info$/, act: ask('GET', () => '/system/info') },
  {
    name: 'disk usage',
    method: 'GET',
    path: /^\/system\/df$/,
    act: ask(
      'POST',
      () => '/system/prune',
      () => ({ dry_run: true })
    )
  },
  { name: 'ping', method: 'GET', path: /^\/_ping$/, act: ask('GET', () => '/health') },
  { name: 'version', method: 'GET', path: /^\/version$/, act: ask('GET', () => '/health') },
  ...(
    [
      ['exec', 'POST', containerPath('/exec')],
      ['exec: run', 'POST', /^\/exec\/\w+\/start$/],
      ['exec: exit code', 'GET', /^\/exec\/\w+\/json$/]
    ] as const
  ).map(([name, method, path]) => ({
    name,
    method,
    path,
    prepare: made,
    act: byName('POST', '/exec', { command: ['echo', 'aye'], timeout_seconds: 10 })
  }))
].map((scenario) => ({ ...scenario, again: [200] }))

const OF_IMAGES: Scenario[] = [
  { name: 'images', method: 'GET', path: /^\/images\/json$/, act: ask('GET', () => '/images'), again: [200] },
  {
    name: 'image',
    method: 'GET',
    path: /^\/images\/.+\/json$/,
    act: ask('GET', () => `/images/${IMAGE}`),
    again: [200]
  },
  {
    name: 'tag',
    method: 'POST',
    path: /^\/images\/.+\/tag$/,
    act: ask('POST', () => '/images/tag', copyOfImage),
    again: [200]
  },
  {
    name: 'remove image',
    method: 'DELETE',
    path: /^\/images\/.+$/,
    prepare: ask('POST', () => '/images/tag', copyOfImage),
    act: ask('DELETE', (name) => `/images/${imageOf(name)}?force=true`),
    again: [200, 404]
  },
  {
    name: 'pull',
    method: 'POST',
    path: /^\/images\/create$/,
    // Nothing listens there.
    act: ask(
      'POST',
      () => '/images/pull',
      (name) => ({ image: `127.0.0.1:9/${name}:1` })
    ),
    again: [502]
  },
  {
    name: 'push',
    method: 'POST',
    path: /^\/images\/.+\/push$/,
    prepare: ask(
      'POST',
      () => '/images/tag',
      (name) => ({ image: IMAGE, target: `127.0.0.1:9/${imageOf(name)}` })
    ),
    act: ask(
      'POST',
      () => '/images/push',
      (name) => ({ image: `127.0.0.1:9/${imageOf(name)}` })
    ),
    again: [502]
  },
  { name: 'build', method: 'POST', path: /^\/build$/, act: build, again: [200] }
]

/** Returns the build once it has ended. */
async function build({ server, name }: Round) {
  const sent = await sendBuild(server, `FROM ${IMAGE}\nRUN echo aye > /aye\n`, {
    image_name: `${name}/kept`,
    image_tag: '1'
  })
  if (sent.status !== 202) return { status: sent.status, text: JSON.stringify(sent.body) }
  const end = await endOf(server, sent.body.id, 60_000)
  if (!['completed', 'failed'].includes(end.status)) throw new Error(`the build is ${end.status}`)
  return end.status === 'completed'
    ? { status: 200, text: '' }
    : { status: 502, text: JSON.stringify({ code: end.build.code, detail: end.build.reason }) }
}

const createNetwork = ask(
  'POST',
  () => '/networks',
  (name) => ({ name })
)
const OF_NETWORKS: Scenario[] = [
  { name: 'networks', method: 'GET', path: /^\/networks$/, act: ask('GET', () => '/networks'), again: [200] },
  { name: 'create network', method: 'POST', path: /^\/networks\/create$/, act: createNetwork, again: [201, 409] },
  {
    name: 'remove network',
    method: 'DELETE',
    path: /^\/networks\/\w+$/,
    prepare: createNetwork,
    act: ask('DELETE', (name) => `/networks/${name}`),
    again: [200, 404]
  }
]

export const SCENARIOS: Scenario[] = [
  ...OF_CREATES,
  ...OF_UNDOING,
  ...OF_KEYS,
  ...OF_REPLACEMENTS,
  ...OF_CHANGES,
  ...OF_READS,
  ...OF_IMAGES,
  ...OF_NETWORKS
]

/** Removes all resources of a round through the server. Containers use the image that got its names. */
export async function clear({ server, engine, name, undo }: Round): Promise<void> {
  for (const step of undo) await step()
  await eventually(async () => {
    for (const path of [
      `/containers/${name}?force=true`,
      `/networks/${name}`,
      `/images/${imageOf(name)}?force=true`,
      `/images/127.0.0.1:9/${imageOf(name)}?force=true`
    ]) {
      const { status, text } = await server.delete(path)
      if (status !== 200 && status !== 404) throw new Error(`DELETE ${path}: ${status} ${text}`)
    }
  })
  // A named volume outlives its container.
  await ignoreMissing(engine.getVolume(name).remove())
}
