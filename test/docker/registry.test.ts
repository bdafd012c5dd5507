// Pushes and pulls with a real registry, and with hostile ones.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import type http from 'node:http'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import type { ImageDetails, PushedImage } from '../../src/images/schemas.ts'
import { eventually } from '../helpers/engine.ts'
import { makeImage } from '../helpers/images.ts'
import { afterPing, BASIC, LOGIN, saysError, startHostileRegistry, startRegistry } from '../helpers/registry.ts'
import { portsOf, startServer, type Server } from '../helpers/server.ts'

const EMPTY_BASIC = `Basic ${Buffer.from(':').toString('base64')}`
const ports = portsOf('registry')
// tap modifies the options of a test, so each test has its own.
const together = () => ({ buffered: true })
t.jobs = 3
const MB = 1024 ** 2

const push = (server: Server, image: string, credentials?: object) =>
  server.post<PushedImage>('/images/push', { image, ...(credentials && { credentials }) })
const pull = (server: Server, image: string, credentials?: object) =>
  server.post<ImageDetails>('/images/pull', { image, ...(credentials && { credentials }) })

/** An image of the test, with a name at the registry. */
async function imageAt(server: Server, host: string, bytes?: number) {
  const name = `${host}/berth-test/app-${server.mark}:1`
  return { name, repository: `berth-test/app-${server.mark}`, id: await makeImage(name, server.mark, bytes) }
}

/** Pushes with progress as events; `onBytes` is called when content moves. */
async function pushLoudly(server: Server, image: string, onBytes: () => unknown): Promise<string> {
  const answer = await fetch(`${server.url}/images/push`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({ image })
  })
  let text = ''
  for await (const chunk of answer.body ?? []) {
    text += Buffer.from(chunk).toString()
    if (/"current_bytes":\d/.test(text)) onBytes()
  }
  return text
}

// First the two tests in which the engine makes five attempts, for most of a minute, before it gives up.
t.test('a registry that dies during a push for good', together(), async (t) => {
  const [server, registry] = [await startServer(t, { ports }), await startRegistry(t)]
  const { name } = await imageAt(server, registry.host, 60 * MB)
  let died: Promise<void> | undefined
  const text = await pushLoudly(server, name, () => (died ??= registry.kill()))
  if (!t.ok(died, 'it was in the middle')) return
  t.match(text, /event: end\ndata: .*"REGISTRY_UNAVAILABLE"/, text.slice(-300))
  await registry.start()
  const again = await push(server, name)
  t.equal(again.status, 200, 'the image is still here, and pushed when the registry is back')
})

t.test('refusals of pushes', together(), async (t: Test) => {
  const server = await startServer(t, { ports })
  const table: [handle: http.RequestListener, status: number, code: string, retryable: boolean][] = [
    [saysError(403, 'DENIED', 'not you'), 502, 'REGISTRY_FORBIDDEN', false],
    [saysError(404, 'NAME_UNKNOWN', 'repository name not known to registry'), 502, 'REGISTRY_NOT_FOUND', false],
    [saysError(429, 'TOOMANYREQUESTS', 'slow down'), 503, 'REGISTRY_RATE_LIMITED', true],
    [saysError(500, 'UNKNOWN', 'oops'), 502, 'REGISTRY_UNAVAILABLE', true],
    [(request) => void request.socket.destroy(), 502, 'REGISTRY_UNAVAILABLE', true]
  ]
  await Promise.all(
    table.map(async ([handle, status, code, retryable]) => {
      const { host } = await startHostileRegistry(t, afterPing(handle))
      const { name } = await imageAt(server, host)
      const { status: given, body, text } = await push(server, name)
      t.match([given, body.code, body.retryable], [status, code, retryable], text)
      t.equal((await server.get<unknown[]>(`/images?reference=${name}`)).body.length, 1, 'the image is still here')
    })
  )
})

t.test('a pushed image can be pulled', together(), async (t) => {
  const [server, registry] = [await startServer(t, { ports }), await startRegistry(t)]
  const { name, repository, id } = await imageAt(server, registry.host)
  const pushed = await push(server, name)
  t.equal(pushed.status, 200, pushed.text)
  t.match(pushed.body, { image: name, registry: registry.host, digest: /^sha256:[0-9a-f]{64}$/ })
  t.equal(await registry.digestOf(repository, '1'), pushed.body.digest)
  t.match((await push(server, name)).body, { digest: pushed.body.digest }, 'a second push is no error')

  t.equal((await server.delete(`/images/${name}`)).status, 200)
  const pulled = await pull(server, name)
  t.match(pulled.body, { full_id: id, tags: [name] }, pulled.text)
  t.equal((await pull(server, `${registry.host}/${repository}@${pushed.body.digest}`)).status, 200)

  const none = await pull(server, `${registry.host}/berth-test/none:1`)
  t.match([none.status, none.body.code], [404, 'IMAGE_NOT_FOUND'])
  const absent = await push(server, `${registry.host}/berth-test/none:1`)
  t.match([absent.status, absent.body.code], [404, 'IMAGE_NOT_FOUND'])
})

t.test('a registry that requires a login', together(), async (t) => {
  const [server, registry] = [await startServer(t, { ports }), await startRegistry(t, { login: true })]
  const { name, repository } = await imageAt(server, registry.host)

  const none = await push(server, name)
  t.match([none.status, none.body.code], [502, 'REGISTRY_UNAUTHORIZED'])
  t.match(none.body.detail, new RegExp(`Berth has no login for ${registry.host}`))
  t.equal(none.body.retryable, false)

  const started = performance.now()
  const wrong = await push(server, name, { ...LOGIN, password: 'canary-wrong' })
  t.match([wrong.status, wrong.body.code], [502, 'REGISTRY_UNAUTHORIZED'])
  t.ok(performance.now() - started < 20_000, 'which is known without the attempts of the engine')
  t.equal(await registry.digestOf(repository, '1'), undefined)

  const right = await push(server, name, LOGIN)
  t.equal(right.status, 200, right.text)
  t.equal(await registry.digestOf(repository, '1'), right.body.digest)
  t.match((await pull(server, name)).body.code, 'REGISTRY_UNAUTHORIZED')
  t.equal((await pull(server, name, LOGIN)).status, 200)
})

t.test("the server's own logins, best first", together(), async (t) => {
  const registry = await startRegistry(t, { login: true })
  const folder = t.testdir({
    'registries.json': JSON.stringify({ [registry.host]: LOGIN }),
    'config.json': JSON.stringify({ auths: { [registry.host]: { auth: BASIC.slice(6) } } })
  })
  const file = join(folder, 'registries.json')
  const server = await startServer(t, { ports, env: { BERTH_REGISTRIES_FILE: file, DOCKER_CONFIG: folder } })
  const { name } = await imageAt(server, registry.host)
  t.match(server.output(), /can be read by others; chmod 600/)
  t.equal((await push(server, name)).status, 200)
  const wrong = await push(server, name, { ...LOGIN, password: 'x' })
  t.equal(wrong.body.code, 'REGISTRY_UNAUTHORIZED', 'what the request brings comes first')

  writeFileSync(file, JSON.stringify({ [registry.host]: { ...LOGIN, password: 'canary-changed' } }))
  t.equal((await push(server, name)).body.code, 'REGISTRY_UNAUTHORIZED', 'the file is read again')
  writeFileSync(file, '{}')
  t.equal((await push(server, name)).status, 200, "and Docker's own comes last")
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ credsStore: 'pass' }))
  t.match((await push(server, name)).body, { code: 'REGISTRY_UNAUTHORIZED', detail: /credential helper "pass"/ })
})

t.test('secrets stay out of the log and out of the data', together(), async (t) => {
  const registry = await startRegistry(t, { login: true })
  const server = await startServer(t, { ports, env: { NODE_DEBUG: 'http,net', LOG_LEVEL: 'trace' } })
  const { name } = await imageAt(server, registry.host)
  const answers = [await push(server, name, LOGIN), await push(server, name, { ...LOGIN, password: 'canary-wrong' })]
  answers.push(await push(server, name, { identity_token: 'canary-token' }))
  const files = readdirSync(server.dataDir, { recursive: true, withFileTypes: true }).filter((each) => each.isFile())
  const texts = [
    server.output(),
    ...answers.map(({ text }) => text),
    ...files.map((each) => readFileSync(join(each.parentPath, each.name), 'latin1'))
  ]
  const secrets = [LOGIN.password, 'canary-wrong', 'canary-token'].flatMap((secret) => [
    secret,
    Buffer.from(secret).toString('base64').slice(0, 12),
    Buffer.from(`"password":"${secret}"`).toString('base64').slice(4, 20),
    BASIC.slice(6, 30)
  ])
  for (const secret of secrets) t.ok(!texts.some((text) => text.includes(secret)), secret)
})

t.test('a registry that hangs', together(), async (t) => {
  const registry = await startRegistry(t)
  const server = await startServer(t, { ports, env: { BERTH_REGISTRY_IDLE_SECONDS: '2' } })
  const { name, repository } = await imageAt(server, registry.host)
  registry.freeze()
  const hung = await push(server, name)
  registry.thaw()
  t.match([hung.status, hung.body.code, hung.body.retryable], [504, 'REGISTRY_TIMEOUT', true])
  t.match(hung.body.detail, /No progress for 2 seconds/)
  // The engine pushes five layers at a time, and the other tests' may be before this one.
  const again = await eventually(async () => {
    const answer = await push(server, name)
    if (answer.status !== 200) throw new Error(answer.text)
    return answer
  })
  t.equal(await registry.digestOf(repository, '1'), again.body.digest)
})

t.test('a registry that dies during a push and comes back', together(), async (t) => {
  const [server, registry] = [await startServer(t, { ports }), await startRegistry(t)]
  const { name, repository } = await imageAt(server, registry.host, 60 * MB)
  let died: Promise<void> | undefined
  const text = await pushLoudly(server, name, () => (died ??= registry.kill().then(registry.start)))
  if (!t.ok(died, 'it was in the middle')) return
  await died
  // Containerd does not retry by itself.
  const gaveUp = /event: end\ndata: .*"REGISTRY_UNAVAILABLE"/.test(text)
  const result = gaveUp ? (await push(server, name)).text : text
  t.match(result, gaveUp ? /"digest"/ : /event: result/, text.slice(-300))
  t.match(result, await registry.digestOf(repository, '1'))
})

t.test('a client that disconnects ends the push in the engine', together(), async (t) => {
  const server = await startServer(t, { ports })
  const uploading = Promise.withResolvers<void>()
  // It reads a layer slowly. A registry that reads nothing would block the engine in a write that it cannot end.
  const registry = await startHostileRegistry(
    t,
    afterPing((request, answer) => {
      if (request.method === 'HEAD') return void answer.writeHead(404).end()
      if (request.method === 'POST') return void answer.writeHead(202, { location: `${request.url}1` }).end()
      request.on('data', () => {
        uploading.resolve()
        request.pause()
        setTimeout(() => request.resume(), 20)
      })
    })
  )
  const { name } = await imageAt(server, registry.host, 60 * MB)
  const client = new AbortController()
  const pushing = server.post('/images/push', { image: name }, { signal: client.signal }).catch(() => 'hung up')
  await uploading.promise
  client.abort()
  t.equal(await pushing, 'hung up')
  await registry.givenUp
  t.pass('the engine has let go of the registry')
})

t.test('a registry that redirects logins elsewhere', together(), async (t) => {
  const thief = await startHostileRegistry(t, (_request, answer) => void answer.end('{"token":"x"}'))
  const realm = `Bearer realm="http://${thief.host}/token",service="x"`
  const registry = await startHostileRegistry(t, (_request, answer) =>
    answer.writeHead(401, { 'www-authenticate': realm }).end()
  )
  const redirecting = await startHostileRegistry(t, (_request, answer) =>
    answer.writeHead(307, { location: `http://${thief.host}/v2/` }).end()
  )
  const server = await startServer(t, { ports })
  const { name } = await imageAt(server, registry.host)
  for (const transfer of [push, pull]) {
    const refused = await transfer(server, name, LOGIN)
    t.match([refused.status, refused.body.code], [502, 'REGISTRY_REFUSED'])
    t.match(refused.body.detail, new RegExp(`sends its logins to http://${thief.host}`))
  }
  t.match((await pull(server, `${redirecting.host}/x`, LOGIN)).body, { code: 'REGISTRY_REFUSED', detail: /redirect/ })
  t.strictSame(thief.seen, [], 'the thief got nothing')
  t.ok([...registry.seen, ...redirecting.seen].every(({ authorization }) => authorization === undefined))
})

t.test('a login goes to its own registry only', together(), async (t) => {
  const strangers = await startHostileRegistry(t, saysError(401, 'UNAUTHORIZED', 'who are you'))
  const basic = await startHostileRegistry(t, (_request, answer) =>
    answer.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end()
  )
  const file = join(t.testdir({}), 'registries.json')
  writeFileSync(file, JSON.stringify({ '127.0.0.1:1': LOGIN, 'localhost:5000': LOGIN, 'docker.io': LOGIN }), {
    mode: 0o600
  })
  const server = await startServer(t, {
    ports,
    env: { BERTH_REGISTRIES_FILE: file, DOCKERHUB_USERNAME: LOGIN.username, DOCKERHUB_PASSWORD: LOGIN.password }
  })
  for (const { host } of [strangers, basic])
    t.equal((await pull(server, `${host}/x`)).body.code, 'REGISTRY_UNAUTHORIZED')
  // Podman answers a challenge without a login with an empty one.
  const sent = new Set([...strangers.seen, ...basic.seen].map(({ authorization }) => authorization))
  t.strictSame(
    [...sent].filter((authorization) => authorization !== undefined && authorization !== EMPTY_BASIC),
    []
  )
})

t.test('refusals of pulls', together(), async (t) => {
  const server = await startServer(t, { ports })
  const huge = '\u001b[2J\u001b]0;owned\u0007\r\n'.repeat(20) + 'x'.repeat(5 * MB)
  const table: [name: string, handle: http.RequestListener, status: number, code: string, retryable: boolean][] = [
    ['401', saysError(401, 'UNAUTHORIZED', 'who are you'), 502, 'REGISTRY_UNAUTHORIZED', false],
    ['403', saysError(403, 'DENIED', 'requested access to the resource is denied'), 502, 'REGISTRY_FORBIDDEN', false],
    ['404', saysError(404, 'NAME_UNKNOWN', 'never heard of it'), 404, 'IMAGE_NOT_FOUND', false],
    ['429', saysError(429, 'TOOMANYREQUESTS', 'slow down'), 503, 'REGISTRY_RATE_LIMITED', true],
    ['500', saysError(500, 'UNKNOWN', 'oops'), 502, 'REGISTRY_UNAVAILABLE', true],
    ['hangs up', (request) => void request.socket.destroy(), 502, 'REGISTRY_UNAVAILABLE', true],
    ['a huge text', (_request, answer) => void answer.writeHead(418).end(huge), 502, 'REGISTRY_REFUSED', false]
  ]
  for (const [name, handle, status, code, retryable] of table) {
    const { host } = await startHostileRegistry(t, afterPing(handle))
    const { status: given, body } = await pull(server, `${host}/berth-test/x:1`)
    t.match([given, body.code, body.retryable], [status, code, retryable], name)
    t.ok((body.detail ?? '').length < 1_200, name)
    // oxlint-disable-next-line no-control-regex -- the output must not contain them
    t.notMatch(body.detail, /[\u0000-\u001f\u007f-\u009f]/, name)
  }
  // Docker's own store then says "pull access denied", as for a missing repository. Containerd's names the real reason.
  const page: Parameters<typeof afterPing>[0] = (_request, answer) => void answer.writeHead(403).end('<html>no</html>')
  for (const handle of [saysError(403, 'DENIED', 'not you'), page]) {
    const { host } = await startHostileRegistry(t, afterPing(handle))
    t.match((await pull(server, `${host}/berth-test/x:1`)).body.code, /^(IMAGE_NOT_FOUND|REGISTRY_FORBIDDEN)$/)
  }
  const nobody = await pull(server, '127.0.0.1:1/berth-test/x:1')
  t.match([nobody.status, nobody.body.code, nobody.body.retryable], [502, 'REGISTRY_UNAVAILABLE', true])
})
