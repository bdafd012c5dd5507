// The requests to a registry after a push, and the meaning of its answers.

import http, { type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import type { Test } from 'tap'
import { Login } from '../../../src/registry/login.ts'
import { readBack } from '../../../src/registry/read-back.ts'

const DIGEST = `sha256:${'a'.repeat(64)}`
const SECRET = Buffer.from('ada:canary').toString('base64')

async function registryThat(t: Test, handle: RequestListener) {
  const seen: string[] = []
  const server = http.createServer((request, answer) => {
    seen.push(`${request.method} ${request.url} ${request.headers.authorization ?? '-'}`)
    handle(request, answer)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}

const ask = (registry: string, { login = true, withoutTls = true, authHosts = [] as string[] } = {}) =>
  readBack(
    { registry, repository: 'shop/web', tag: '1', digest: DIGEST },
    login ? new Login(registry, { username: 'ada', password: 'canary' }) : undefined,
    { authHosts, withoutTls, signal: new AbortController().signal }
  )
const holds =
  (digest: string): RequestListener =>
  (_request, answer) =>
    answer.writeHead(200, { 'docker-content-digest': digest }).end()

t.test('a registry that has the image and shows it to everybody', async (t) => {
  const { host, seen } = await registryThat(t, holds(DIGEST))
  t.strictSame(await ask(host), { confirmed: true })
  t.strictSame(seen, ['HEAD /v2/shop/web/manifests/1 -'], 'a registry that does not ask for the login does not get it')
})

t.test('a registry that requires the login', async (t) => {
  const { host, seen } = await registryThat(t, (request, answer) =>
    request.headers.authorization === `Basic ${SECRET}`
      ? holds(DIGEST)(request, answer)
      : void answer.writeHead(401, { 'www-authenticate': 'Basic realm="harbour"' }).end()
  )
  t.strictSame(await ask(host), { confirmed: true })
  t.equal(seen.length, 2)
  t.match(await ask(host, { login: false }), { confirmed: false, reason: /status 401/ })
})

t.test('a registry with tokens', async (t) => {
  const { host, seen } = await registryThat(t, (request, answer) => {
    if (request.url?.startsWith('/token')) return void answer.end('{"token":"abc.def"}')
    if (request.headers.authorization === 'Bearer abc.def') return holds(DIGEST)(request, answer)
    const challenge = `Bearer realm="http://${host}/token",service="harbour"`
    answer.writeHead(401, { 'www-authenticate': challenge }).end()
  })
  t.strictSame(await ask(host), { confirmed: true })
  t.equal(seen[1], `GET /token?service=harbour&scope=repository%3Ashop%2Fweb%3Apull Basic ${SECRET}`)
})

t.test('a registry that sends logins elsewhere gets none', async (t) => {
  const thief = await registryThat(t, (_request, answer) => answer.end('{"token":"abc"}'))
  const { host } = await registryThat(t, (_request, answer) =>
    answer.writeHead(401, { 'www-authenticate': `Bearer realm="http://${thief.host}/token"` }).end()
  )
  t.match(await ask(host), { confirmed: false, reason: /status 401/ })
  t.strictSame(thief.seen, [])
})

t.test('a registry without the image: the push failed', async (t) => {
  const { host, seen } = await registryThat(t, (_request, answer) => answer.writeHead(404).end())
  await t.rejects(ask(host), { code: 'REGISTRY_REFUSED', message: /does not have it/ })
  t.equal(seen.length, 3, 'the check waited')
})

t.test('a registry that shows the image only after a moment', async (t) => {
  let asked = 0
  const { host } = await registryThat(t, (request, answer) =>
    ++asked < 3 ? void answer.writeHead(404).end() : holds(DIGEST)(request, answer)
  )
  t.strictSame(await ask(host), { confirmed: true })
})

t.test('inconclusive answers are no failure', async (t) => {
  const other = await registryThat(t, holds(`sha256:${'b'.repeat(64)}`))
  t.match(await ask(other.host), { confirmed: false, reason: /has sha256:bbb.* by now/ })
  const broken = await registryThat(t, (_request, answer) => answer.writeHead(500).end())
  t.match(await ask(broken.host), { confirmed: false, reason: /status 500/ })
  t.match(await ask('127.0.0.1:1'), { confirmed: false, reason: /cannot be reached/ })
  t.match(await ask(other.host, { withoutTls: false }), { confirmed: false, reason: /"insecure-registries"/ })
})
