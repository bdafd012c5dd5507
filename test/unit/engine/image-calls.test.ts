// Pulls and pushes against a server that answers as an engine would.

import t from 'tap'
import type { Engine } from '../../../src/engine/contract/engine.ts'
import type { TransferProgress } from '../../../src/engine/contract/images.ts'
import { createImageCalls } from '../../../src/engine/docker/images.ts'
import { registryAuth } from '../../../src/engine/docker/registry-auth.ts'
import type { Asked } from '../../../src/engine/docker/calls.ts'
import { Login } from '../../../src/registry/login.ts'
import { PassThrough, Readable } from 'node:stream'

const DIGEST = `sha256:${'d'.repeat(64)}`
const PUSHED = [
  { status: 'The push refers to repository [127.0.0.1:5000/app]' },
  { status: 'Pushing', id: '3a53', progressDetail: { current: 512, total: 1024 }, progress: '[=>  ]' },
  { status: '1: digest: x size: 528' },
  { progressDetail: {}, aux: { Tag: '1', Digest: DIGEST, Size: 528 } }
]

type Images = Pick<Engine, 'inspectImage' | 'pullImage' | 'pushImage' | 'removeImage' | 'tagImage'>

function engineThat({
  frames = [] as object[],
  stream = undefined as Readable | undefined,
  idleMs = 5_000,
  totalMs = 9_000
}) {
  const asked: Asked[] = []
  const note = (call: Asked) => {
    asked.push(call)
    return frames as never
  }
  const calls = {
    ask: async (call: Asked) => note(call),
    change: async (call: Asked) => note(call),
    stream: async (call: Asked) => {
      note(call)
      return stream ?? Readable.from(frames.map((frame) => Buffer.from(`${JSON.stringify(frame)}\r\n`)))
    }
  }
  const failures: unknown[] = []
  const noteUnknown = (error: unknown) => void failures.push(error)
  const images: Images = createImageCalls({ ...calls, noteUnknown }, { idleMs, totalMs })
  return { images, asked, failures }
}

const authOf = ({ headers = {} }: Asked) =>
  JSON.parse(Buffer.from(headers['X-Registry-Auth'] ?? '', 'base64url').toString()) as object

t.test('a push', async (t) => {
  const { images, asked } = engineThat({ frames: PUSHED })
  const login = new Login('127.0.0.1:5000', { username: 'ada', password: 'päss?>' })
  const heard: TransferProgress[] = []
  const pushed = await images.pushImage('127.0.0.1:5000/app:1', { login, onProgress: (each) => void heard.push(each) })
  t.strictSame(pushed, { digest: DIGEST, sizeBytes: 528 })
  t.match(asked[0], { method: 'POST', path: '/images/127.0.0.1:5000/app/push', query: { tag: '1' } })
  t.strictSame(authOf(asked[0]!), { serveraddress: '127.0.0.1:5000', username: 'ada', password: 'päss?>' })
  t.strictSame(heard[1], { layer: '3a53', status: 'Pushing', currentBytes: 512, totalBytes: 1024 })
})

t.test('a push that reports its digest only as text, as the containerd store does', async (t) => {
  const frames = [...PUSHED.slice(0, 2), { status: `1: digest: ${DIGEST} size: 741` }]
  const { images } = engineThat({ frames })
  t.strictSame(await images.pushImage('127.0.0.1:5000/app:1'), { digest: DIGEST, sizeBytes: 741 })
})

t.test('a push names one tag and always has the header', async (t) => {
  const { images, asked } = engineThat({ frames: PUSHED })
  await images.pushImage('shop/web')
  t.match(asked[0], { path: '/images/shop/web/push', query: { tag: 'latest' } })
  t.strictSame(authOf(asked[0]!), {})
  await t.rejects(images.pushImage(`app@${DIGEST}`), { code: 'INVALID_REQUEST' })
})

t.test('the header is padded base64 and hides its value', async (t) => {
  for (const password of ['1', '12', '123', '1234', 'ÿÿÿ>>>???']) {
    const headers = registryAuth('nginx', new Login('docker.io', { username: 'ada', password }))
    const text = headers['X-Registry-Auth'] ?? ''
    t.equal(text.length % 4, 0)
    t.match(text, /^[\w-]+={0,2}$/)
    t.match(JSON.parse(Buffer.from(text, 'base64url').toString()), {
      serveraddress: 'https://index.docker.io/v1/',
      password
    })
    t.strictSame(Object.keys(headers), ['X-Registry-Auth'])
  }
  const token = registryAuth('a.example/x', new Login('a.example', { identityToken: 'tok' }))
  t.match(authOf({ headers: token } as unknown as Asked), { identitytoken: 'tok' })
})

t.test('a login never goes to another registry', async (t) => {
  const login = new Login('a.example:5000', { username: 'ada', password: 'x' })
  for (const reference of ['a.example/app', 'a.example:5001/app', 'app', 'b.example:5000/app']) {
    const { images, asked } = engineThat({ frames: PUSHED })
    await t.rejects(images.pushImage(reference, { login }), /is not one for/, reference)
    await t.rejects(images.pullImage(reference, { login }), /is not one for/, reference)
    t.strictSame(asked, [])
  }
})

t.test('a push that fails inside its stream', async (t) => {
  const table: [text: string, code: string, told: string][] = [
    ['unauthorized: who are you', 'REGISTRY_UNAUTHORIZED', ': unauthorized'],
    ['denied', 'REGISTRY_FORBIDDEN', ': denied'],
    ['name unknown', 'REGISTRY_NOT_FOUND', ': name unknown'],
    ['error parsing HTTP 404 response body: "secret page"', 'REGISTRY_NOT_FOUND', ': HTTP status 404'],
    ['error parsing HTTP 403 response body: unexpected end: "secret"', 'REGISTRY_FORBIDDEN', ': HTTP status 403'],
    ['toomanyrequests: slow down', 'REGISTRY_RATE_LIMITED', ': toomanyrequests'],
    ['received unexpected HTTP status: 500 Internal Server Error', 'REGISTRY_UNAVAILABLE', ': HTTP status 500'],
    ['Get "http://a.example/v2/": EOF', 'REGISTRY_UNAVAILABLE', ': the connection was closed'],
    ['An image does not exist locally with the tag: app', 'IMAGE_NOT_FOUND', ': does not exist locally'],
    ['something new', 'ENGINE_FAILED', ', for an unknown reason, which is only in the log of the server.']
  ]
  for (const [message, code, told] of table) {
    const { images, failures } = engineThat({ frames: [PUSHED[0]!, { errorDetail: { message }, error: message }] })
    await t.rejects(images.pushImage('app'), { code, message: `The engine could not push app${told}` }, message)
    t.match(
      failures,
      [{ message: code === 'ENGINE_FAILED' ? /something new/ : /./ }],
      'it is checked for unknown texts'
    )
  }
  const { images } = engineThat({ frames: PUSHED.slice(0, 3) })
  await t.rejects(images.pushImage('app'), { code: 'ENGINE_FAILED', message: /stopped answering/ })
})

t.test('a stalled transfer is aborted, and its stream ends', async (t) => {
  const stream = new PassThrough()
  const { images } = engineThat({ stream, idleMs: 30 })
  stream.write('{"status":"Preparing"}\n')
  await t.rejects(images.pushImage('app'), { code: 'REGISTRY_TIMEOUT', message: /No progress for 0\.03 seconds/ })
  t.ok(stream.destroyed)
})

t.test('a transfer that repeats the same progress is stalled', async (t) => {
  const stream = new PassThrough()
  const seen: unknown[] = []
  const said = setInterval(() => void stream.write('{"status":"Waiting","progressDetail":{},"id":"a"}\n'), 5)
  t.teardown(() => clearInterval(said))
  const { images } = engineThat({ stream, idleMs: 100 })
  const pushing = images.pushImage('app', { onProgress: (progress) => seen.push(progress) })
  await t.rejects(pushing, { code: 'REGISTRY_TIMEOUT', message: /No progress/ })
  t.equal(seen.length, 1, 'and the progress is reported once')
})

t.test('a long transfer continues as long as it makes progress', async (t) => {
  const stream = new PassThrough()
  let beats = 0
  const drip = setInterval(() => {
    if (++beats < 12) return void stream.write(`{"status":"Pushing","progressDetail":{"current":${beats}}}\n`)
    stream.end(`${JSON.stringify(PUSHED.at(-1))}\n`)
    clearInterval(drip)
  }, 60)
  t.teardown(() => clearInterval(drip))
  const { images } = engineThat({ stream, idleMs: 400 })
  t.match(await images.pushImage('app'), { digest: DIGEST })
})

t.test('a transfer that only trickles is aborted in the end', async (t) => {
  const stream = new PassThrough()
  const drip = setInterval(() => void stream.write('{"status":"Waiting"}\n'), 10)
  t.teardown(() => clearInterval(drip))
  const { images } = engineThat({ stream, idleMs: 1_000, totalMs: 80 })
  await t.rejects(images.pullImage('app'), { code: 'REGISTRY_TIMEOUT', message: /0\.08 seconds were not enough/ })
  t.ok(stream.destroyed)
})

t.test('a transfer ends with its client', async (t) => {
  const client = new AbortController()
  const stream = new PassThrough()
  const { images } = engineThat({ stream })
  const pull = images.pullImage('app', { signal: client.signal, onProgress: () => client.abort() })
  stream.write('{"status":"Waiting"}\n')
  await t.rejects(pull, { code: 'REQUEST_CANCELLED' })
  t.ok(stream.destroyed)
})

t.test('an engine that disconnects in the middle', async (t) => {
  const stream = new PassThrough()
  const { images } = engineThat({ stream })
  const pull = images.pullImage('app', { onProgress: () => stream.destroy(new Error('socket hang up')) })
  stream.write('{"status":"Waiting"}\n')
  await t.rejects(pull, { code: 'ENGINE_UNAVAILABLE', message: /went away/ })
})

t.test('tagging and removing', async (t) => {
  const { images, asked } = engineThat({ frames: [{ Untagged: 'app:1' }, { Deleted: 'sha256:x' }] })
  await images.tagImage('app:1', 'a.example:5000/team/app')
  t.match(asked[0], { path: '/images/app:1/tag', query: { repo: 'a.example:5000/team/app', tag: 'latest' } })
  t.strictSame(await images.removeImage('team/app:1'), { untagged: ['app:1'], deleted: ['sha256:x'] })
  t.match(asked[1], { method: 'DELETE', path: '/images/team/app:1', query: {} })
  await images.removeImage('app:1', { force: true })
  t.match(asked[2]?.query, { force: 1 })
})

t.test('an invalid reference never becomes a path, since the engine would redirect the client', async (t) => {
  const { images, asked } = engineThat({})
  const id = 'a'.repeat(64)
  for (const reference of ['a//b', 'a/../b', '../containers/json', '..', 'a/', '/a', 'a?b', 'a b', 'A/B', '']) {
    await t.rejects(images.inspectImage(reference), { code: 'INVALID_REQUEST' }, reference)
    await t.rejects(images.removeImage(reference), { code: 'INVALID_REQUEST' }, reference)
    await t.rejects(images.tagImage(reference, 'x:1'), { code: 'INVALID_REQUEST' }, reference)
  }
  t.strictSame(asked, [])
  for (const reference of [id, `sha256:${id}`, 'a1b2c3', 'localhost:5000/a/b:1', `busybox@sha256:${id}`])
    await images.removeImage(reference)
  t.equal(asked.length, 5)
})
