// Invalid streams: each ends its call with an error, in bounded time and memory, and leaves no socket open.

import { Readable } from 'node:stream'
import t from 'tap'
import type { Test } from 'tap'
import { buildImage } from '../../../src/engine/docker/build.ts'
import type { Calls } from '../../../src/engine/docker/calls.ts'
import { createClient } from '../../../src/engine/docker/client.ts'
import { createImageCalls } from '../../../src/engine/docker/images.ts'
import { openConnection } from '../../../src/engine/docker/hijack.ts'
import { openStream, readHead, request } from '../../../src/engine/docker/request.ts'
import { createWatchCalls } from '../../../src/engine/docker/watch.ts'
import { createWorkloadCalls } from '../../../src/engine/docker/workloads.ts'
import { answer, startByteEngine, type Play } from '../../helpers/byte-engine.ts'
import { collect } from '../../helpers/collect.ts'
import { idOf } from '../../helpers/records.ts'
import { until } from '../../helpers/until.ts'

const ID = idOf('web')
const TIMEOUT_MS = 5_000
const SWITCHED = 'HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n'
const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n'

async function engineThat(t: Test, play: Play) {
  const { address, open } = await startByteEngine(t, play)
  const client = createClient(address, '1.41', 4)
  t.teardown(() => client.close())
  const ask: Calls['ask'] = (asked) => request(client, { timeoutMs: TIMEOUT_MS, ...asked })
  const stream: Calls['stream'] = (asked) => openStream(client, { timeoutMs: TIMEOUT_MS, ...asked })
  const look: Calls['look'] = (asked) => readHead(client, { timeoutMs: TIMEOUT_MS, ...asked })
  const connect: Calls['connect'] = (asked) => openConnection(client, { timeoutMs: TIMEOUT_MS, ...asked })
  const calls: Calls = { ask, look, change: ask, make: ask, stream, watch: stream, connect }
  return { calls, open }
}

const sends =
  (...pieces: (string | Buffer)[]): Play =>
  (socket) => {
    socket.write(HEAD)
    for (const piece of pieces) socket.write(piece)
    socket.end()
  }

function sendsWithoutEnd(block: Buffer): Play {
  return (socket) => {
    const more = () => void (socket.writable && socket.write(block, more))
    socket.write(HEAD, more)
  }
}

const images = ({ calls }: { calls: Calls }) =>
  createImageCalls({ ...calls, noteUnknown() {} }, { idleMs: TIMEOUT_MS, totalMs: TIMEOUT_MS })
const build = ({ calls }: { calls: Calls }, builder: 'classic' | 'buildkit') =>
  collect(
    buildImage(
      calls.stream as never,
      {
        id: '1',
        builder,
        tags: ['x:1'],
        dockerfile: 'Dockerfile',
        buildArgs: {},
        target: undefined,
        platform: undefined,
        noCache: false,
        network: 'default',
        cgroupParent: undefined
      },
      { context: Readable.from(['']), mark: undefined, signal: new AbortController().signal }
    )
  )

const JSON_STREAMS: [name: string, use: (engine: { calls: Calls }) => Promise<unknown>, isChange: boolean][] = [
  ['a pull', (engine) => images(engine).pullImage('app:1'), true],
  ['a push', (engine) => images(engine).pushImage('app:1'), true],
  ['a classic build', (engine) => build(engine, 'classic'), true],
  ['a build with BuildKit', (engine) => build(engine, 'buildkit'), true],
  [
    'events',
    async ({ calls }) => collect(await createWatchCalls(calls).events(undefined, new AbortController().signal)),
    false
  ]
]

const NO_OBJECTS = [
  'null\n',
  '7\n',
  '"text"\n',
  '[]\n',
  '<html>oops</html>\n',
  '{"status":"Pul',
  '{"status":7}\n',
  '{"aux":{}} {"aux":{}}\n',
  '{"Type":"container","Action":"start","timeNano":1}\n'
]

for (const [name, use, isChange] of JSON_STREAMS) {
  t.test(name, async (t) => {
    for (const text of NO_OBJECTS) {
      const engine = await engineThat(t, sends(text))
      // An empty frame is valid. The error is the end of the stream after it.
      const code = isChange && text.includes('"Type"') ? 'ENGINE_FAILED' : 'ENGINE_ANSWER_INVALID'
      await t.rejects(use(engine), { code }, text)
      await until(() => engine.open.size === 0)
    }
    const endless = await engineThat(t, sendsWithoutEnd(Buffer.alloc(1024 ** 2, 'x')))
    await t.rejects(use(endless), {
      code: 'ENGINE_ANSWER_INVALID',
      message: isChange ? /a line is longer.*is not known/ : /a line is longer than \d+ characters\.$/
    })
    await until(() => endless.open.size === 0)
  })
}

t.test('a trace that is not from BuildKit', async (t) => {
  const frame = { id: 'moby.buildkit.trace', aux: Buffer.from([0xff, 0xff, 0xff]).toString('base64') }
  const engine = await engineThat(t, sends(JSON.stringify(frame)))
  await t.rejects(build(engine, 'buildkit'), { code: 'ENGINE_ANSWER_INVALID', message: /trace/ })
})

const LOG_QUERY = { stdout: true, stderr: true, follow: false }
const frameOf = (length: number, text: string, start = [1, 0, 0, 0]) => {
  const head = Buffer.from([...start, 0, 0, 0, 0])
  head.writeUInt32BE(length, 4)
  return Buffer.concat([head, Buffer.from(text)])
}
const BAD_FRAMES: [name: string, bytes: Buffer, message: RegExp][] = [
  ['a frame of 4 GB', frameOf(2 ** 32 - 1, 'x'), /a frame of 4294967295 bytes/],
  ['a frame that is cut off', frameOf(10, 'half'), /in the middle of a frame/],
  ['a head that is cut off', frameOf(10, '').subarray(0, 5), /in the middle of a frame/],
  ['a stream that there is not', frameOf(1, 'x', [4, 0, 0, 0]), /not come in frames/],
  ['text without frames', Buffer.from('2026-01-01T00:00:00Z hello\n'), /not come in frames/]
]

for (const [name, bytes, message] of BAD_FRAMES) {
  t.test(name, async (t) => {
    const logs = await engineThat(t, sends(frameOf(2, 'a\n'), bytes))
    const seen: string[] = []
    const reading = async () => {
      for await (const { text } of createWorkloadCalls(logs.calls).containerLogs(ID, false, LOG_QUERY)) seen.push(text)
    }
    await t.rejects(reading(), { code: 'ENGINE_ANSWER_INVALID', message })
    t.strictSame(seen, ['a'], 'frames before it are passed on')
    await until(() => logs.open.size === 0)

    const exec = await engineThat(t, (socket, call) =>
      call.path.endsWith('/start')
        ? socket.end(Buffer.concat([Buffer.from(SWITCHED), frameOf(2, 'a\n'), bytes]))
        : socket.write(answer('{"Id":"1"}'))
    )
    const limits = { bytes: 100, signal: new AbortController().signal }
    await t.rejects(createWorkloadCalls(exec.calls).exec(ID, { command: ['ls'], env: {} }, limits), {
      code: 'ENGINE_ANSWER_INVALID',
      message
    })
  })
}
