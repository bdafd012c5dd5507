// Every operation of the live OpenAPI document against every kind of caller. An operation that this table does not know
// fails the test, so that each operation gets its scope.

import t from 'tap'
import { SCOPES, type Need } from '../../src/access/scopes.ts'
import { openStore } from '../../src/store/sqlite/open.ts'
import { build, problem } from '../helpers/build.ts'
import { addTokens, bearer } from '../helpers/tokens.ts'

const NEEDS: Record<string, Need> = {
  getAbout: 'read',
  getHealth: 'open',
  getReadiness: 'open',
  getSystemInfo: 'read',
  getSystemStats: 'read',
  streamSystemStats: 'read',
  getMetrics: 'read',
  streamEvents: 'read',
  getPorts: 'read',
  callMcp: 'read',
  getAccess: 'read',
  getAllStats: 'read',
  streamAllStats: 'read',
  listContainers: 'read',
  listRunningContainers: 'read',
  getContainer: 'read',
  getContainerLogs: 'read',
  getContainerProcesses: 'read',
  getContainerStats: 'read',
  getContainerStatsHistory: 'read',
  streamContainerStats: 'read',
  waitForContainer: 'read',
  listBuilds: 'read',
  getBuild: 'read',
  getBuildLogs: 'read',
  createBuild: 'builds:write',
  retryBuild: 'builds:write',
  cancelBuild: 'builds:write',
  removeBuild: 'builds:write',
  compatBuildPush: 'builds:write',
  compatBuildPushStatus: 'read',
  compatRetryBuild: 'builds:write',
  compatCreateDockerfileBuild: 'builds:write',
  compatListDockerfileBuilds: 'read',
  compatRemoveDockerfileBuild: 'builds:write',
  createContainer: 'containers:write',
  createContainerByVerb: 'containers:write',
  startContainer: 'containers:write',
  stopContainer: 'containers:write',
  restartContainer: 'containers:write',
  pauseContainer: 'containers:write',
  unpauseContainer: 'containers:write',
  renameContainer: 'containers:write',
  updateContainer: 'containers:write',
  removeContainer: 'containers:write',
  execInContainer: 'exec',
  openTerminal: 'exec',
  readContainerFiles: 'files',
  downloadContainerFiles: 'files',
  writeContainerFile: 'exec',
  makeContainerFolder: 'exec',
  removeContainerFile: 'exec',
  listImages: 'read',
  getImage: 'read',
  pullImage: 'images:write',
  pushImage: 'images:write',
  tagImage: 'images:write',
  removeImage: 'images:write',
  listNetworks: 'read',
  createNetwork: 'containers:write',
  removeNetwork: 'containers:write',
  listNodes: 'read',
  getNode: 'read',
  drainNode: 'admin',
  activateNode: 'admin',
  listVolumes: 'read',
  getVolume: 'read',
  createVolume: 'containers:write',
  removeVolume: 'containers:write',
  createToken: 'admin',
  cleanSystem: 'admin',
  listTokens: 'admin',
  revokeToken: 'admin',
  listAudit: 'admin'
}

type Operation = { operationId: string; security: Record<string, string[]>[] }
type Document = { paths: Record<string, Record<string, Operation>> }

async function serve(t: Parameters<typeof build>[0]) {
  const store = openStore(':memory:')
  const secrets = await addTokens(store)
  const server = await build(t, { store, early: true })
  const { paths } = (await server.get('/openapi.json')).json<Document>()
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...operation,
      method: method.toUpperCase(),
      url: path.replaceAll(/\{\w+\}/g, 'nobody')
    }))
  )
  return { ...server, secrets, operations }
}

t.test('the table names every operation and no other', async (t) => {
  const { operations } = await serve(t)
  t.strictSame(operations.map(({ operationId }) => operationId).toSorted(), Object.keys(NEEDS).toSorted())
})

t.test('the document names the scope of each operation', async (t) => {
  const { operations } = await serve(t)
  for (const { operationId, security } of operations) {
    const need = NEEDS[operationId]
    t.strictSame(security, need === 'open' ? [] : [{ bearer: [need] }], operationId)
  }
})

t.test('without a valid token only the open operations answer', async (t) => {
  const { ask, engine, operations, secrets } = await serve(t)
  const kinds: [name: string, headers: Record<string, string>][] = [
    ['no token', {}],
    ['another token', bearer('berth_nonsense')],
    ['an expired token', bearer(secrets.expired)],
    ['a token in a cookie', { cookie: `authorization=${secrets.admin}` }],
    ['a token as a password', { authorization: `Basic ${Buffer.from(`x:${secrets.admin}`).toString('base64')}` }]
  ]
  const before = engine.writes().length
  for (const [kind, headers] of kinds) {
    for (const [index, { method, url, operationId }] of operations.entries()) {
      // From many addresses, since an address with too many wrong tokens gets another error.
      const remoteAddress = `10.0.${kind.length}.${index}`
      const answer = await ask(method, url, { headers, remoteAddress })
      if (NEEDS[operationId] === 'open') t.ok([200, 503].includes(answer.statusCode), `${operationId} with ${kind}`)
      else t.equal(answer.statusCode, 401, `${operationId} with ${kind}`)
    }
  }
  t.equal(engine.writes().length, before)
})

t.test('the refusal of a token does not say why', async (t) => {
  const { get, secrets } = await serve(t)
  const details = new Set<unknown>()
  for (const headers of [{}, bearer('berth_nonsense'), bearer(secrets.expired)]) {
    const { request_id: _, ...rest } = problem(t, await get('/containers', { headers }), 401, 'UNAUTHORIZED')
    details.add(JSON.stringify(rest))
  }
  t.equal(details.size, 1)
})

t.test('each scope opens its own operations only, and admin opens all', async (t) => {
  const { ask, engine, operations, secrets } = await serve(t)
  for (const scope of SCOPES) {
    for (const { method, url, operationId } of operations) {
      const need = NEEDS[operationId] as Need
      const isAllowed = need === 'open' || need === scope || scope === 'admin'
      // Allowed requests that would never end are left out.
      if (isAllowed && operationId.startsWith('stream')) continue
      const before = engine.writes().length
      const answer = await ask(method, url, {
        headers: bearer(secrets[scope]),
        ...(!isAllowed && method === 'POST' && { payload: { name: 'xx' } })
      })
      const name = `${operationId} with ${scope}`
      if (isAllowed) t.notOk([401, 403].includes(answer.statusCode) && answer.json().code === 'FORBIDDEN', name)
      else {
        t.equal(problem(t, answer, 403, 'FORBIDDEN').scope, need, name)
        t.equal(engine.writes().length, before, name)
      }
    }
  }
})

t.test('a revoked token opens nothing at once', async (t) => {
  const { get, ask, secrets } = await serve(t)
  t.equal((await get('/containers', { headers: bearer(secrets.read) })).statusCode, 200)
  t.equal((await ask('DELETE', '/tokens/read', { headers: bearer(secrets.admin) })).statusCode, 200)
  problem(t, await get('/containers', { headers: bearer(secrets.read) }), 401, 'UNAUTHORIZED')
})
