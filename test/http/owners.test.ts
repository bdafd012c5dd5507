// Every operation on a thing, asked by the token that made it, by one of its team, by a stranger and by an admin. The operations
// come from the live OpenAPI document; one on a kind of thing that this file cannot make fails the test.

import t from 'tap'
import { openStore } from '../../src/store/sqlite/open.ts'
import { build, problem } from '../helpers/build.ts'
import { buildForm, FORM_TYPE } from '../helpers/form.ts'
import { createMemoryEngine } from '../helpers/memory-engine.ts'
import { CALLERS, serveOwners, type CallerName } from '../helpers/owners.ts'
import { openEvents } from '../helpers/sse.ts'
import { addToken, bearer } from '../helpers/tokens.ts'
import { until } from '../helpers/until.ts'

type Server = Awaited<ReturnType<typeof serveOwners>>
type Operation = { operationId: string; method: string; path: string }

const NOTHING = {
  container: 'nothing',
  build: '00000000-0000-4000-8000-000000000000',
  network: 'nothing',
  volume: 'nothing'
}
/** The fields that a change requires. */
const BODIES: Record<string, object> = {
  renameContainer: { name: 'renamed' },
  updateContainer: { memory: 64 * 1024 ** 2 },
  execInContainer: { command: ['id'] },
  writeContainerFile: Buffer.from('new'),
  makeContainerFolder: { path: '/tmp/folder' }
}
const QUERIES: Record<string, string> = {
  waitForContainer: '?for=running',
  readContainerFiles: '?path=/tmp/file',
  writeContainerFile: '?path=/tmp/file',
  removeContainerFile: '?path=/tmp/file',
  downloadContainerFiles: '?path=/tmp'
}
const BYTES = { 'content-type': 'application/octet-stream' }
// Operations on the server, or on things without an owner.
const WITHOUT_OWNER = new Set(['getImage', 'removeImage', 'revokeToken', 'getNode', 'drainNode', 'activateNode'])

async function operationsOn({ as }: Server): Promise<Operation[]> {
  type Document = { paths: Record<string, Record<string, { operationId: string }>> }
  const { paths } = (await as('admin').get('/openapi.json')).json<Document>()
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .map(([method, { operationId }]) => ({ operationId, method: method.toUpperCase(), path }))
      .filter(({ operationId }) => path.includes('{') && !WITHOUT_OWNER.has(operationId))
  )
}

function kindOf({ operationId, path }: Operation): keyof typeof NOTHING {
  if (path.startsWith('/containers/{id}')) return 'container'
  if (path.startsWith('/builds/{id}')) return 'build'
  if (path.startsWith('/networks/{name}')) return 'network'
  if (path.startsWith('/volumes/{name}')) return 'volume'
  throw new Error(`${operationId}: this test cannot make what is at ${path}`)
}

let made = 0
const MAKE = {
  async container({ as }: Server): Promise<string> {
    const name = `made-${made++}`
    const answer = await as('own').ask('POST', '/containers', { name })
    if (answer.statusCode !== 201) throw new Error(answer.body)
    const file = await as('own').ask('PUT', `/containers/${name}/files?path=/tmp/file`, Buffer.from('old'), BYTES)
    if (file.statusCode !== 201) throw new Error(file.body)
    return name
  },
  network: (server: Server) => named(server, '/networks'),
  volume: (server: Server) => named(server, '/volumes'),
  async build(server: Server): Promise<string> {
    const id = await submit(server, 'own', `made-${made++}`)
    await until(async () => (await server.as('own').get(`/builds/${id}`)).json().finished_at !== null)
    return id
  }
}

async function named({ as }: Server, url: string): Promise<string> {
  const name = `made-${made++}`
  const answer = await as('own').ask('POST', url, { name })
  if (answer.statusCode !== 201) throw new Error(answer.body)
  return name
}

async function submit({ as }: Server, who: CallerName, name: string): Promise<string> {
  const form = buildForm('FROM scratch\n', { image_name: name })
  const answer = await as(who).ask('POST', '/builds', form, { 'content-type': FORM_TYPE })
  if (answer.statusCode !== 202) throw new Error(answer.body)
  return answer.json<{ id: string }>().id
}

t.test('ownership: every operation on a resource of a token', async (t) => {
  const server = await serveOwners(t)
  for (const operation of await operationsOn(server)) {
    const { operationId, method, path } = operation
    const kind = kindOf(operation)
    for (const who of CALLERS) {
      const mayIt = who !== 'stranger'
      // Only refused callers send requests that never end.
      if (mayIt && operationId.startsWith('stream')) continue
      const thing = await MAKE[kind](server)
      const ask = (name: string) => {
        const url = path.replace(/\{\w+\}/, name)
        const body = BODIES[operationId]
        const headers = Buffer.isBuffer(body) ? BYTES : {}
        return server.as(who).ask(method, `${url}${QUERIES[operationId] ?? ''}`, body, headers)
      }
      const answer = await ask(thing)
      const name = `${operationId} by ${who}`
      if (mayIt) t.notOk([401, 403, 404].includes(answer.statusCode), `${name}: ${answer.statusCode}`)
      else {
        const nothing = (await ask(NOTHING[kind])).json()
        const hidden = JSON.parse(answer.body.replaceAll(thing, NOTHING[kind]))
        t.equal(answer.statusCode, 404, name)
        t.strictSame({ ...hidden, request_id: '', instance: '' }, { ...nothing, request_id: '', instance: '' }, name)
        t.ok((await server.as('own').get(path.replace(/\/\{\w+\}.*/, ''))).body.includes(thing), `${name}: still there`)
      }
    }
  }
})

t.test('a container is hidden by its id, its short id, a prefix and its name', async (t) => {
  const { as } = await serveOwners(t)
  const { id, full_id: fullId } = (await as('own').ask('POST', '/containers', { name: 'web' })).json()
  for (const reference of ['web', id, fullId, id.slice(0, 6)]) {
    t.equal((await as('own').get(`/containers/${reference}`)).statusCode, 200, reference)
    t.equal((await as('stranger').get(`/containers/${reference}`)).statusCode, 404, reference)
  }
  t.equal((await as('stranger').ask('POST', '/containers', { name: 'web' })).json().code, 'CONTAINER_NAME_TAKEN')
})

t.test('lists, figures and ports show a caller its own', async (t) => {
  const server = await serveOwners(t)
  const { as, engine } = server
  engine.add({ name: 'foreign' })
  await as('own').ask('POST', '/containers', { name: 'own-web' })
  await as('stranger').ask('POST', '/containers', { name: 'strange-web' })
  await as('admin').ask('POST', '/containers', { name: 'open-web', shared: true })
  await as('admin').ask('POST', '/containers', { name: 'admins-web' })
  await submit(server, 'own', 'own-image')
  await submit(server, 'stranger', 'strange-image')
  await until(async () => (await as('admin').get('/containers')).json().length === 5)

  const NAMES = /[a-z]+-(?:web|image)|foreign/g
  const seen = async (who: CallerName, url: string) => [
    ...new Set((await as(who).get(url)).body.replaceAll(/"references":[^\]]*\]/g, '').match(NAMES))
  ]
  const SEEN: Record<CallerName, string[]> = {
    own: ['open-web', 'own-web'],
    mate: ['open-web', 'own-web'],
    stranger: ['open-web', 'strange-web'],
    admin: ['admins-web', 'foreign', 'open-web', 'own-web', 'strange-web']
  }
  for (const who of CALLERS) {
    for (const url of ['/containers', '/containers?limit=10', '/containers/running'])
      t.strictSame(
        (await seen(who, url)).filter((name) => name !== 'foreign' || who === 'admin').toSorted(),
        SEEN[who],
        `${url} by ${who}`
      )
    t.strictSame(
      (await seen(who, '/ports')).toSorted(),
      SEEN[who].filter((name) => name !== 'foreign'),
      `/ports by ${who}`
    )
    const builds = await seen(who, '/builds')
    t.equal(builds.includes('own-image'), who !== 'stranger', `builds by ${who}`)
    t.equal(builds.includes('strange-image'), who === 'stranger' || who === 'admin', `builds by ${who}`)
    for (const url of ['/stats', '/metrics']) {
      const others = (await seen(who, url)).filter((name) => name.endsWith('-web') && !SEEN[who].includes(name))
      t.strictSame(others, [], `${url} by ${who}`)
    }
  }
  t.equal((await as('stranger').get('/containers')).headers['x-total-count'], '2')
  const ports = (await as('stranger').get('/ports')).json<{ ports: { state: string; holder: unknown }[] }>().ports
  const others = ports.filter(({ state, holder }) => state === 'bound' && holder === null)
  t.equal(others.length, 2, 'a port of another is shown without its holder')
})

t.test('volumes and networks of others cannot be mounted, joined or found', async (t) => {
  const { as, engine } = await serveOwners(t)
  await engine.createVolume('of-the-host', {})
  await as('own').ask('POST', '/networks', { name: 'own-net' })
  await as('own').ask('POST', '/containers', { name: 'web', volumes: [{ source: 'own-data', target: '/data' }] })
  await as('admin').ask('POST', '/volumes', { name: 'open-data', shared: true })
  const mount = (who: CallerName, source: string) =>
    as(who).ask('POST', '/containers', { volumes: [{ source, target: '/data' }] })
  const join = (who: CallerName) => as(who).ask('POST', '/containers', { network: 'own-net' })
  const names = async (who: CallerName, url: string) =>
    (await as(who).get(url)).json<{ name: string }[]>().map(({ name }) => name)
  t.strictSame(await names('stranger', '/volumes'), ['open-data'])
  t.strictSame(await names('mate', '/volumes'), ['open-data', 'own-data'])
  t.strictSame(await names('admin', '/volumes'), ['of-the-host', 'open-data', 'own-data'])
  t.notOk((await names('stranger', '/networks')).includes('own-net'))
  t.ok((await names('mate', '/networks')).includes('own-net'))
  for (const source of ['own-data', 'of-the-host'])
    t.strictSame([(await mount('stranger', source)).json().code, source], ['VOLUME_NAME_TAKEN', source])
  t.equal((await join('stranger')).json().code, 'NETWORK_NOT_FOUND')
  for (const source of ['own-data', 'open-data']) t.equal((await mount('mate', source)).statusCode, 201, source)
  t.equal((await mount('stranger', 'open-data')).statusCode, 201)
  t.equal((await join('mate')).statusCode, 201)
})

t.test('a foreign volume or network is shared if the policy names it', async (t) => {
  const { as, engine } = await serveOwners(t, { policy: { volumes: ['of-*'], networks: ['open-*'] } })
  await engine.createVolume('of-the-host', {})
  await engine.createNetwork({ name: 'open-net', internal: false, labels: {} })
  const body = { network: 'open-net', volumes: [{ source: 'of-the-host', target: '/data' }] }
  t.equal((await as('stranger').ask('POST', '/containers', body)).statusCode, 201)
  t.equal((await as('stranger').ask('DELETE', '/volumes/of-the-host')).json().code, 'VOLUME_NOT_MANAGED')
  t.equal((await as('stranger').ask('DELETE', '/networks/open-net')).json().code, 'NETWORK_NOT_MANAGED')
})

t.test('a container does not pull without the scope for it', async (t) => {
  const store = openStore(':memory:')
  const runner = bearer(await addToken(store, { name: 'runner', scopes: ['containers:write'] }))
  const { ask, engine } = await build(t, { store, early: true })
  await ask('POST', '/containers/-/start', { headers: runner })
  const run = (payload: object) => ask('POST', '/containers', { headers: runner, payload })
  const refused = problem(t, await run({ image: 'nowhere/near:1' }), 403, 'FORBIDDEN')
  t.match(refused, { scope: 'images:write', detail: /nowhere\/near:1.*images:write/ })
  t.notOk(engine.writes().includes('pullImage'))
  t.equal((await run({})).statusCode, 201, 'a present image needs no pull')
  problem(t, await run({ pull: 'always' }), 403, 'FORBIDDEN')
})

t.test('an image shows only visible containers, and its name stays while others use it', async (t) => {
  const engine = createMemoryEngine({ images: ['base-api-server:latest', 'app:1', 'mine:1'] })
  const { as } = await serveOwners(t, { engine })
  await as('own').ask('POST', '/containers', { name: 'own-web', image: 'app:1' })
  const users = async (who: CallerName) => (await as(who).get('/images/app:1')).json().containers.length
  t.strictSame([await users('mate'), await users('stranger'), await users('admin')], [1, 0, 1])
  t.notMatch((await as('stranger').get('/images')).body, /own-web/)

  const tag = (who: CallerName, target: string) => as(who).ask('POST', '/images/tag', { image: 'mine:1', target })
  t.equal((await tag('stranger', 'strange:1')).statusCode, 200, 'a name without an owner')
  for (const target of ['app:1', 'docker.io/library/app:1', 'base-api-server', 'base-api-server:latest'])
    problem(t, await tag('stranger', target), 403, 'FORBIDDEN')
  const form = buildForm('FROM scratch\n', { image_name: 'app', image_tag: '1' })
  problem(t, await as('stranger').ask('POST', '/builds', form, { 'content-type': FORM_TYPE }), 403, 'FORBIDDEN')
  const removed = problem(t, await as('stranger').ask('DELETE', '/images/app:1?force=true'), 409, 'IMAGE_IN_USE')
  t.match(removed, { detail: /used by containers of others/, containers: [] })
  problem(t, await as('stranger').ask('DELETE', '/images/base-api-server:latest'), 403, 'FORBIDDEN')
  problem(t, await tag('mate', 'app:1'), 403, 'FORBIDDEN')
  t.equal((await tag('admin', 'app:1')).statusCode, 200, 'only admins move a name without an owner')
  t.equal((await tag('admin', 'base-api-server:latest')).statusCode, 200)
})

t.test('events reach callers that see their subject', async (t) => {
  const server = await serveOwners(t)
  const { app, as, secrets } = server
  const streams = {
    mate: await openEvents(t, app, '/events', bearer(secrets.mate)),
    stranger: await openEvents(t, app, '/events', bearer(secrets.stranger))
  }
  await as('own').ask('POST', '/containers', { name: 'own-web' })
  await submit(server, 'own', 'own-image')
  await as('stranger').ask('POST', '/containers', { name: 'strange-web' })
  const isAbout = (name: string) => (event: unknown) => JSON.stringify(event).includes(name)
  await until(() => streams.stranger.events.some(isAbout('strange-web')))
  await until(() => streams.mate.events.some(isAbout('own-image')))
  t.ok(streams.mate.events.some(isAbout('own-web')))
  t.strictSame(streams.mate.events.filter(isAbout('strange')), [])
  t.strictSame(streams.stranger.events.filter(isAbout('own')), [])
})

t.test('with visibility all a token reads everything and changes only its own', async (t) => {
  const { as, engine } = await serveOwners(t, { policy: { visibility: 'all' } })
  engine.add({ name: 'foreign' })
  await as('own').ask('POST', '/containers', { name: 'web' })
  await until(async () => (await as('stranger').get('/containers')).json().length === 2)
  t.equal((await as('stranger').get('/containers/web/logs')).statusCode, 200)
  t.equal((await as('stranger').ask('POST', '/containers/web/stop')).json().code, 'FORBIDDEN')
  t.equal((await as('stranger').ask('POST', '/containers/web/exec', { command: ['id'] })).json().code, 'FORBIDDEN')
  t.equal((await as('mate').ask('POST', '/containers/web/stop')).statusCode, 200)
})
