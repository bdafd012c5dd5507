import http, { type RequestListener } from 'node:http'
import { createServer, type AddressInfo, type Server } from 'node:net'
import t from 'tap'
import type { Test } from 'tap'
import { isTrustedRealm, readChallenge } from '../../../src/registry/challenge.ts'
import { Login } from '../../../src/registry/login.ts'
import { preflight } from '../../../src/registry/preflight.ts'

const SECRET = Buffer.from('ada:canary').toString('base64')

async function listen(t: Test, server: Server | http.Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    if (server instanceof http.Server) server.closeAllConnections()
    server.close()
  })
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A registry with given answers, and the logins it was sent. */
async function registryThat(t: Test, handle: RequestListener) {
  const seen: string[] = []
  const server = http.createServer((request, answer) => {
    seen.push(`${request.method} ${request.url} ${request.headers.authorization ?? '-'}`)
    handle(request, answer)
  })
  return { host: await listen(t, server), seen }
}

const check = (host: string, authHosts: string[] = [], timeoutMs = 5_000) =>
  preflight(new Login(host, { username: 'ada', password: 'canary' }), {
    authHosts,
    timeoutMs,
    withoutTls: true,
    signal: new AbortController().signal
  })
const challengeOf =
  (header: string | string[]): RequestListener =>
  (_request, answer) =>
    answer.writeHead(401, { 'www-authenticate': header }).end()

t.test('an open registry is sent no login', async (t) => {
  const { host, seen } = await registryThat(t, (_request, answer) => answer.end('{}'))
  await check(host)
  t.strictSame(seen, ['GET /v2/ -'])
})

t.test('a registry that requires the login itself gets it, and rejects a wrong one at once', async (t) => {
  const right = await registryThat(t, ({ headers }, answer) =>
    answer.writeHead(headers.authorization ? 200 : 401, { 'www-authenticate': 'Basic realm="here"' }).end()
  )
  await check(right.host)
  t.strictSame(right.seen, ['GET /v2/ -', `GET /v2/ Basic ${SECRET}`])
  const wrong = await registryThat(t, challengeOf('Basic realm="here"'))
  await t.rejects(check(wrong.host), { code: 'REGISTRY_UNAUTHORIZED' })
})

t.test('a registry that sends logins elsewhere is refused, unless the operator listed the host', async (t) => {
  const thief = await registryThat(t, (_request, answer) => answer.end('{}'))
  const { host, seen } = await registryThat(t, challengeOf(`Bearer realm="http://${thief.host}/token",service="x"`))
  await t.rejects(check(host), {
    code: 'REGISTRY_REFUSED',
    message: new RegExp(`sends its logins to http://${thief.host}.*auth_hosts`)
  })
  await check(host, [thief.host])
  t.strictSame(thief.seen, [])
  t.strictSame(seen, ['GET /v2/ -', 'GET /v2/ -'])
})

t.test('a redirect is not followed', async (t) => {
  const elsewhere = await registryThat(t, challengeOf('Basic realm="x"'))
  const { host } = await registryThat(t, (_request, answer) =>
    answer.writeHead(307, { location: `http://${elsewhere.host}/v2/` }).end()
  )
  await t.rejects(check(host), { code: 'REGISTRY_REFUSED', message: /redirect/ })
  t.strictSame(elsewhere.seen, [])
})

t.test('other behaviour of a registry', async (t) => {
  const table: [status: number, code: string][] = [
    [403, 'REGISTRY_FORBIDDEN'],
    [404, 'REGISTRY_REFUSED'],
    [429, 'REGISTRY_RATE_LIMITED'],
    [500, 'REGISTRY_UNAVAILABLE'],
    [503, 'REGISTRY_UNAVAILABLE']
  ]
  for (const [status, code] of table) {
    const { host } = await registryThat(t, (_request, answer) => answer.writeHead(status).end('x'.repeat(1e6)))
    await t.rejects(check(host), { code }, String(status))
  }
  const silent = await listen(
    t,
    createServer(() => {})
  )
  await t.rejects(check(silent, [], 50), { code: 'REGISTRY_TIMEOUT' })
  const rude = await listen(
    t,
    createServer((socket) => socket.destroy())
  )
  await t.rejects(check(rude), { code: 'REGISTRY_UNAVAILABLE' })
  await t.rejects(check('127.0.0.1:1'), { code: 'REGISTRY_UNAVAILABLE', message: /ECONNREFUSED/ })
  const noChallenge = await registryThat(t, (_request, answer) => answer.writeHead(401).end())
  await check(noChallenge.host)
  t.strictSame(noChallenge.seen, ['GET /v2/ -'])
})

t.test('a client that disconnects ends the check', async (t) => {
  const client = new AbortController()
  const { host } = await registryThat(t, () => client.abort())
  const login = new Login(host, { identityToken: 'x' })
  await t.rejects(preflight(login, { authHosts: [], withoutTls: true, signal: client.signal }), {
    code: 'REQUEST_CANCELLED'
  })
})

t.test('challenges, as registries write them', async (t) => {
  const table: [header: string, realms: string[], basic: boolean][] = [
    [
      'Bearer realm="https://auth.docker.io/token",service="registry.docker.io"',
      ['https://auth.docker.io/token'],
      false
    ],
    ['bearer REALM=https://a.example/token', ['https://a.example/token'], false],
    ['Bearer service="x", realm = "https://a.example/t"', ['https://a.example/t'], false],
    ['Basic realm="Registry Realm"', [], true],
    ['Basic realm="https://a.example/",service="ecr"', ['https://a.example/'], true],
    ['Basic realm="x", Bearer realm="http://evil.example/t"', [], true],
    [
      'Bearer realm="https://good.example/t", Bearer realm="http://evil.example/t"',
      ['https://good.example/t', 'http://evil.example/t'],
      false
    ],
    [String.raw`Bearer realm="http:\/\/evil.example\/t"`, ['http://evil.example/t'], false]
  ]
  for (const [header, realms, basic] of table) {
    const challenge = readChallenge(header)
    // With a bearer challenge every realm has to be an address.
    if (/x", Bearer/.test(header)) t.equal(challenge, undefined)
    else t.strictSame([challenge?.realms.map(String), challenge?.basic], [realms, basic], header)
  }
  for (const unclear of ['Bearer', 'Bearer realm=""', 'Bearer realm=/token', 'Bearer service="x"'])
    t.equal(readChallenge(unclear), undefined, unclear)
  t.strictSame(readChallenge(''), { basic: false, realms: [] })
})

t.test('addresses that a login may be sent to', async (t) => {
  const table: [realm: string, origin: string, known: string[], trusted: boolean][] = [
    ['https://a.example/token', 'https://a.example/v2/', [], true],
    ['https://a.example:443/token', 'https://a.example/v2/', [], true],
    ['https://a.example:8443/token', 'https://a.example/v2/', [], false],
    ['http://a.example/token', 'https://a.example/v2/', [], false],
    ['https://a.example.evil/token', 'https://a.example/v2/', [], false],
    ['https://a.example@evil.example/token', 'https://a.example/v2/', [], false],
    ['https://user:pw@a.example/token', 'https://a.example/v2/', [], false],
    ['https://auth.example/token', 'https://a.example/v2/', ['auth.example'], true],
    ['http://auth.example/token', 'https://a.example/v2/', ['auth.example'], false],
    ['http://127.0.0.1:5000/token', 'http://127.0.0.1:5000/v2/', [], true],
    ['http://127.0.0.1:5001/token', 'http://127.0.0.1:5000/v2/', [], false],
    ['https://[::1]:5000/token', 'https://[::1]:5000/v2/', [], true]
  ]
  for (const [realm, origin, known, trusted] of table)
    t.equal(isTrustedRealm(new URL(realm), new URL(origin), known), trusted, realm)
})
