// Recorded answers of real engines, replayed through Berth's client. `test/fixtures/record-engine-errors.ts` made the
// recordings.

import { readdirSync, readFileSync } from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import t from 'tap'
import type { Test } from 'tap'
import { createClient, type Client } from '../../../src/engine/docker/client.ts'
import { Refusal, TimeoutError } from '../../../src/engine/docker/failures.ts'
import { openStream, request } from '../../../src/engine/docker/request.ts'
import { translateError, translateStreamError } from '../../../src/engine/docker/translate-error.ts'
import { AppError, isAppError, type ErrorCode } from '../../../src/errors.ts'

type Recording = { failure: string; what: string; engine: string; status: number; body: unknown }

const FOLDER = join(import.meta.dirname, '../../fixtures/engine-errors')
const recordings = readdirSync(FOLDER).flatMap(
  (file) => JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as Recording[]
)

const EXPECTED: Record<string, ErrorCode> = {
  'address-not-here': 'PUBLISH_ADDRESS_UNAVAILABLE',
  'archive-broken': 'INVALID_ARCHIVE',
  'bad-command': 'CONTAINER_START_FAILED',
  'bad-mount-target': 'INVALID_REQUEST',
  'bad-name': 'INVALID_REQUEST',
  'bad-working-dir': 'CONTAINER_START_FAILED',
  'container-running': 'CONTAINER_RUNNING',
  'duplicate-mount': 'INVALID_REQUEST',
  'exec-bad-command': 'CONTAINER_START_FAILED',
  'exec-bad-working-dir': 'CONTAINER_START_FAILED',
  'exec-not-running': 'CONTAINER_NOT_RUNNING',
  'exec-unknown-user': 'CONTAINER_START_FAILED',
  'file-in-use': 'FILE_IN_USE',
  'file-kind': 'FILE_KIND_DIFFERS',
  'file-name-too-long': 'INVALID_REQUEST',
  'file-outside': 'FILE_OUTSIDE',
  'file-read-only': 'FILE_READ_ONLY',
  'image-in-use': 'IMAGE_IN_USE',
  'memory-too-small': 'INVALID_REQUEST',
  'name-taken': 'CONTAINER_NAME_TAKEN',
  'no-command': 'INVALID_REQUEST',
  'no-such-container': 'CONTAINER_NOT_FOUND',
  'no-such-exec': 'CONTAINER_NOT_RUNNING',
  'no-such-file': 'FILE_NOT_FOUND',
  'no-such-image': 'IMAGE_NOT_FOUND',
  'no-ps': 'ENGINE_UNSUPPORTED',
  'no-such-volume': 'ENGINE_FAILED',
  'nofile-too-high': 'LIMIT_UNAVAILABLE',
  'not-running': 'CONTAINER_NOT_RUNNING',
  paused: 'CONTAINER_NOT_RUNNING',
  'port-taken-by-container': 'PORT_UNAVAILABLE',
  'port-taken-by-process': 'PORT_UNAVAILABLE',
  'pull-no-such-image': 'IMAGE_NOT_FOUND',
  'push-no-such-image': 'IMAGE_NOT_FOUND',
  'storage-unlimited': 'LIMIT_UNAVAILABLE',
  'registry-busy': 'REGISTRY_RATE_LIMITED',
  'registry-failed': 'REGISTRY_UNAVAILABLE',
  'registry-not-trusted': 'REGISTRY_PLAIN_HTTP',
  'registry-forbidden': 'REGISTRY_FORBIDDEN',
  'registry-unauthorized': 'REGISTRY_UNAUTHORIZED',
  'registry-unreachable': 'REGISTRY_UNAVAILABLE',
  'removal-in-progress': 'CONTAINER_BUSY',
  'restart-policy': 'INVALID_REQUEST',
  'too-many-cpus': 'INVALID_REQUEST',
  'unknown-user': 'CONTAINER_START_FAILED',
  'volume-in-use': 'VOLUME_IN_USE'
}

// Answers too vague to be told apart. Berth causes none of them, except by `update`, which Podman 4.3 does not have.
const VAGUE: Record<string, ErrorCode> = {
  'docker-20.10 exec-not-running resize, not started': 'ENGINE_FAILED',
  'docker-26.1 exec-not-running resize, not started': 'ENGINE_FAILED',
  'docker-28.5 exec-not-running resize, not started': 'ENGINE_FAILED',
  'docker-28.5-containerd exec-not-running resize, not started': 'ENGINE_FAILED',
  'podman-4.3 file-name-too-long read, running': 'FILE_NOT_FOUND',
  'podman-4.3 file-name-too-long read, stopped': 'FILE_NOT_FOUND',
  'podman-4.3 file-outside hard link, running': 'FILE_NOT_FOUND',
  'podman-4.3 file-outside hard link, stopped': 'FILE_NOT_FOUND',
  'podman-5.8 file-name-too-long read, running': 'FILE_NOT_FOUND',
  'podman-5.8 file-name-too-long read, stopped': 'FILE_NOT_FOUND',
  'podman-5.8 file-outside hard link, running': 'FILE_NOT_FOUND',
  'podman-5.8 file-outside hard link, stopped': 'FILE_NOT_FOUND',
  'podman-4.3 no-such-container top': 'ENGINE_FAILED',
  'podman-4.3 no-such-container update': 'ENGINE_UNSUPPORTED',
  'podman-4.3 restart-policy update': 'ENGINE_UNSUPPORTED',
  'podman-4.3 too-many-cpus update': 'ENGINE_UNSUPPORTED'
}

/** A client of an engine that gives every call the same answer. */
function engineThatSays(t: Test, { status, body }: { status: number; body: unknown }): Promise<Client> {
  return clientOf(t, (_request, answer) => {
    answer.writeHead(status, { 'content-type': 'application/json' })
    answer.end(typeof body === 'string' ? body : JSON.stringify(body))
  })
}

async function clientOf(t: Test, engine: http.RequestListener): Promise<Client> {
  const server = http.createServer(engine)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const address = { kind: 'tcp', protocol: 'http', host: '127.0.0.1', port, source: 'test' } as const
  const client = createClient(address, '1.41', 4)
  t.teardown(() => client.close())
  return client
}

async function failure(task: () => Promise<unknown>): Promise<AppError> {
  try {
    await task()
  } catch (error) {
    if (isAppError(error)) return error
    throw error
  }
  throw new Error('it did not fail')
}

const asked = { method: 'POST', path: '/anything', what: 'do it', timeoutMs: 5_000 } as const
const isAnswer = ({ status }: Recording) => status >= 400

t.test('a task that the runtime still has after a kill of the engine', async (t) => {
  const id = 'a1'.repeat(32)
  const texts = [
    `AlreadyExists: task ${id}: already exists: unknown`,
    `failed to create task for container: task ${id} already exists`,
    'OCI runtime create failed: runc create failed: container with given ID already exists: unknown'
  ]
  for (const message of texts) {
    const client = await engineThatSays(t, { status: 500, body: { message } })
    t.equal((await failure(() => request(client, asked))).code, 'CONTAINER_STUCK', message)
  }
})

const TAKEN = /^Names are unique, and a \w+ (named |of this name)/
const OWN_WORDS: Partial<Record<ErrorCode, RegExp>> = {
  CONTAINER_NAME_TAKEN: TAKEN,
  NETWORK_NAME_TAKEN: TAKEN,
  FILE_IN_USE: /^Something is mounted at the path/,
  FILE_KIND_DIFFERS: /^A folder does not take the place of a file/,
  FILE_NOT_FOUND: /^There is no such path in the container/,
  FILE_OUTSIDE: /^A path or link of the archive leads out/,
  FILE_READ_ONLY: /is mounted read-only\.$/,
  INVALID_ARCHIVE: /^The archive is not whole/,
  INVALID_REQUEST: /^(The engine could not do it: .|A name is longer)/,
  PORT_UNAVAILABLE: /^Port 893[12] is taken: another program or container listens on it\.$/
}

for (const recording of recordings.filter(isAnswer)) {
  const { engine, failure: kind, what } = recording
  const name = `${engine} ${kind} ${what}`
  const code = VAGUE[name] ?? EXPECTED[kind]

  t.test(`${name} is ${code}`, async (t) => {
    const client = await engineThatSays(t, recording)
    const call = () => (kind === 'archive-broken' ? { ...asked, upload: Readable.from(['half']) } : asked)
    const error = await failure(() => request(client, call()))
    t.equal(error.code, code, error.message)
    t.match(error.message, (code && OWN_WORDS[code]) ?? /^The engine could not do it: ./)
    t.equal((await failure(() => openStream(client, call()))).code, code, 'and the same for a stream')
    if (code === 'PORT_UNAVAILABLE') t.match(error.facts, { port: /^893[12]$/ })
  })
}

for (const { engine, failure: kind, what, body } of recordings.filter((recording) => !isAnswer(recording))) {
  const code = EXPECTED[kind]
  t.test(`${engine} ${kind} ${what} is ${code}, inside a stream`, async (t) => {
    const { errorDetail } = body as { errorDetail: { message: string } }
    t.equal(translateStreamError(errorDetail.message, 'pull it').code, code, errorDetail.message)
  })
}

t.test('texts of other engines, as their users report them', async (t) => {
  const table: [text: string, code: ErrorCode, port?: number][] = [
    [
      'failed to set up container networking: driver failed programming external connectivity on endpoint web (f8a3): failed to bind host port for 0.0.0.0:8000:172.31.0.2:5000/tcp: address already in use',
      'PORT_UNAVAILABLE',
      8000
    ],
    ['failed to bind host port 127.0.0.1:8053/tcp: address already in use', 'PORT_UNAVAILABLE', 8053],
    ['failed to bind host port [fd00:10:20::1]:8053/tcp: address already in use', 'PORT_UNAVAILABLE', 8053],
    ['Bind for [::]:8401 failed: port is already allocated', 'PORT_UNAVAILABLE', 8401],
    ['Bind for :::8401 failed: port is already allocated', 'PORT_UNAVAILABLE', 8401],
    ['Error starting userland proxy: listen tcp6 [::1]:8402: bind: address already in use', 'PORT_UNAVAILABLE', 8402],
    [
      'Ports are not available: exposing port TCP 0.0.0.0:8403 -> 0.0.0.0:0: listen tcp 0.0.0.0:8403: bind: Only one usage of each socket address is normally permitted.',
      'PORT_UNAVAILABLE',
      8403
    ],
    [
      "pull access denied for nobody/nothing, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
      'IMAGE_NOT_FOUND'
    ],
    ['unknown: a page of a proxy', 'REGISTRY_REFUSED'],
    ['manifest for busybox:nope not found: manifest unknown: manifest unknown', 'IMAGE_NOT_FOUND'],
    ['copier: put: error creating "/tmp/f": mkdir /tmp/f: file exists', 'FILE_KIND_DIFFERS'],
    ['Error processing tar file(exit status 1): mkdir /tmp/race/at: file exists', 'FILE_KIND_DIFFERS'],
    ['no such file or directory', 'FILE_NOT_FOUND'],
    ['statat tmp/again: path escapes from parent', 'FILE_OUTSIDE'],
    ['network with name shop already exists', 'NETWORK_NAME_TAKEN'],
    ['network name shop already used: network already exists', 'NETWORK_NAME_TAKEN'],
    ['error while removing network: network shop id 82cd has active endpoints', 'NETWORK_IN_USE'],
    ['"shop" has associated containers with it. Use -f to forcibly delete: network is being used', 'NETWORK_IN_USE'],
    [
      'could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network',
      'NETWORK_RANGE_EXHAUSTED'
    ],
    ['all predefined address pools have been fully subnetted', 'NETWORK_RANGE_EXHAUSTED'],
    ['network shop not found', 'NETWORK_NOT_FOUND'],
    ['unable to find network with name or ID shop: network not found', 'NETWORK_NOT_FOUND'],
    ['write /var/lib/docker/tmp/x: no space left on device', 'STORAGE_FULL'],
    ['Head "https://registry/v2/": x509: certificate signed by unknown authority', 'REGISTRY_NOT_TRUSTED'],
    ['Get "https://registry/v2/": http: server gave HTTP response to HTTPS client', 'REGISTRY_PLAIN_HTTP'],
    ['Get "https://registry/v2/": remote error: tls: handshake failure', 'REGISTRY_NOT_TRUSTED'],
    ['Get "https://registry/v2/": net/http: TLS handshake timeout', 'REGISTRY_TIMEOUT'],
    ['Get "http://127.0.0.1:35827/v2/": context deadline exceeded', 'REGISTRY_TIMEOUT'],
    [
      'Get "http://127.0.0.1:35827/v2/": net/http: request canceled (Client.Timeout exceeded while awaiting headers)',
      'REGISTRY_TIMEOUT'
    ],
    ['Get "http://127.0.0.1:46311/v2/exp2/manifests/1": EOF', 'REGISTRY_UNAVAILABLE'],
    ['EOF', 'REGISTRY_UNAVAILABLE'],
    ['unexpected EOF', 'REGISTRY_UNAVAILABLE'],
    ['write tcp 127.0.0.1:1->127.0.0.1:2: write: connection reset by peer', 'REGISTRY_UNAVAILABLE'],
    ['write tcp 127.0.0.1:1->127.0.0.1:2: write: broken pipe', 'REGISTRY_UNAVAILABLE'],
    ['write tcp 127.0.0.1:1->127.0.0.1:2: use of closed network connection', 'REGISTRY_UNAVAILABLE'],
    ['failed to read config content: NotFound: content digest sha256:0c: not found', 'IMAGE_NOT_FOUND'],
    ['received unexpected HTTP status: 503 Service Unavailable', 'REGISTRY_UNAVAILABLE'],
    ['received unexpected HTTP status: 429 Too Many Requests', 'REGISTRY_RATE_LIMITED'],
    ['error parsing HTTP 429 response body: unexpected end of JSON input: ""', 'REGISTRY_RATE_LIMITED'],
    ['error parsing HTTP 403 response body: invalid character: "<html>"', 'REGISTRY_FORBIDDEN'],
    ['error parsing HTTP 404 response body: invalid character: "404 page not found"', 'IMAGE_NOT_FOUND'],
    ['error parsing HTTP 502 response body: invalid character: "<html>"', 'REGISTRY_UNAVAILABLE'],
    ['error parsing HTTP 413 response body: invalid character: "<html>"', 'REGISTRY_REFUSED'],
    ['no basic auth credentials', 'REGISTRY_UNAUTHORIZED'],
    ['unauthorized: incorrect username or password', 'REGISTRY_UNAUTHORIZED'],
    ['denied: requested access to the resource is denied', 'REGISTRY_FORBIDDEN'],
    ['name invalid', 'REGISTRY_REFUSED'],
    ['manifest invalid: manifest invalid', 'REGISTRY_REFUSED'],
    ['An image does not exist locally with the tag: localhost:1/nix', 'IMAGE_NOT_FOUND'],
    [
      'conflict: unable to delete 7ec71876c17d (cannot be forced) - image is being used by running container 3e22',
      'IMAGE_IN_USE'
    ],
    ['something quite new', 'ENGINE_FAILED']
  ]
  for (const [message, code, port] of table) {
    const error = translateError(new Refusal(500, message), {
      what: 'do it',
      isChange: true,
      address: 'unix:///x',
      cancelled: false
    })
    t.equal(error.code, code, message)
    t.equal(error.facts?.port, port, message)
  }
})

t.test('no answer', async (t) => {
  const base = { what: 'do it', isChange: true, address: 'unix:///x', cancelled: false }
  const refused = Object.assign(new Error('connect ECONNREFUSED /x'), { code: 'ECONNREFUSED' })
  t.match(translateError(refused, base), { code: 'ENGINE_UNAVAILABLE', message: /unix:\/\/\/x .*ECONNREFUSED/ })
  t.match(translateError(Object.assign(new Error('no'), { code: 'EACCES' }), base), {
    code: 'ENGINE_UNAVAILABLE',
    message: /permission denied/
  })
  t.match(translateError(new Error('socket hang up'), base), { code: 'ENGINE_UNAVAILABLE', message: /socket hang up/ })
  t.match(translateError(new TimeoutError(), base), { code: 'ENGINE_TIMEOUT', message: /may still do so/ })
  t.match(translateError(new TimeoutError(), { ...base, cancelled: true }), { code: 'REQUEST_CANCELLED' })
  t.match(translateError('text', base), { code: 'ENGINE_UNAVAILABLE' })
})

t.test('a translated error stays unchanged', async (t) => {
  const own = new AppError('STORAGE_FULL', 'full')
  t.equal(translateError(own, { what: 'x', isChange: true, address: 'y', cancelled: true }), own)
})

t.test('a text is shown in one line of bounded length without control characters', async (t) => {
  const error = translateStreamError(`bad\u001b[31m\n\tnews${'x'.repeat(2_000)}`, 'pull it')
  t.match(error.message, /^The engine could not pull it: bad news/)
  t.ok(error.message.length < 1_100)
})

t.test('a timeout of the engine', async (t) => {
  const client = await clientOf(t, () => {})
  t.equal((await failure(() => request(client, { ...asked, timeoutMs: 20 }))).code, 'ENGINE_TIMEOUT')
  t.equal((await failure(() => openStream(client, { ...asked, timeoutMs: 20 }))).code, 'ENGINE_TIMEOUT')
  const signal = AbortSignal.abort()
  t.equal((await failure(() => request(client, { ...asked, signal }))).code, 'REQUEST_CANCELLED')
})
