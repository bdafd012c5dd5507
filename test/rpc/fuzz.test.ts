// Random calls to the gRPC port: every status is one of docs/grpc.md, a refused call changes nothing, and the next call is
// answered. test/helpers/grpc-attempts.ts has the calls, fuzzing.ts their number.

import { connect } from 'node:net'
import fc from 'fast-check'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { ERRORS, type ErrorCode } from '../../src/errors.ts'
import { REFUSED, roundsOf, summaryOf, TOKEN, type Round } from '../helpers/fuzzing.ts'
import { attempts, type Attempt } from '../helpers/grpc-attempts.ts'
import { buildRpc } from '../helpers/grpc.ts'
import { connectRaw, envelope, type RawAnswer } from '../helpers/raw-grpc.ts'
import { until } from '../helpers/until.ts'

/** Without UNKNOWN and INTERNAL: a client causes neither, except as in `fault`. */
const STATUSES = [
  'OK',
  'CANCELLED',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'UNIMPLEMENTED',
  'UNAVAILABLE',
  'UNAUTHENTICATED'
]
/** Requests of unknown protocols get a plain HTTP answer. */
const HTTP_REFUSALS = [404, 405, 415]
/** The rules of gRPC require INTERNAL without details for an unreadable message. */
const UNREADABLE = /^(parse binary: |received compressed envelope|decompression failed)/
const PATIENCE_MS = 20

/** The reason why the document does not allow an answer. */
function fault({ http, status, message, reason }: RawAnswer, { isBroken }: Attempt): string | undefined {
  if (status === undefined) return HTTP_REFUSALS.includes(http) ? undefined : `HTTP ${http}`
  if (status === 'UNKNOWN') return reason && ERRORS[reason as ErrorCode].status === 502 ? undefined : 'UNKNOWN'
  if (status === 'INTERNAL') return isBroken && !reason && UNREADABLE.test(message) ? undefined : 'INTERNAL'
  return STATUSES.includes(status) ? undefined : `the status ${status}`
}

function isRefused({ http, status, reason }: RawAnswer): boolean {
  if (reason === undefined) return status !== 'OK' || HTTP_REFUSALS.includes(http)
  return REFUSED.includes(ERRORS[reason as ErrorCode].status)
}

async function serve(t: Test) {
  const errors: string[] = []
  const logger = pino({ level: 'error' }, { write: (line: string) => void errors.push(line) })
  const server = await buildRpc(t, {
    logger,
    env: {
      BERTH_EXEC: 'true',
      BERTH_PORT_RANGE: '8001-8015',
      BERTH_TOKEN: TOKEN,
      BERTH_CHANGES_PER_SECOND: '0'
    }
  })
  const authorization = { authorization: `Bearer ${TOKEN}` }
  t.teardown(() => void server.engine.calls.splice(0))
  server.engine.add({ name: 'foreign' })
  await server.post('/containers', { name: 'web' }, authorization)
  let raw = connectRaw(server.port)
  t.teardown(() => raw.close())

  async function call(attempt: Attempt, patienceMs?: number): Promise<RawAnswer | undefined> {
    // A frame that HTTP/2 does not allow closes the connection.
    if (raw.session.closed || raw.session.destroyed) raw = connectRaw(server.port)
    try {
      return await raw.call({ ...attempt, ...(patienceMs !== undefined && { patienceMs }) })
    } catch (error) {
      const { code = '', message } = error as NodeJS.ErrnoException
      // Not every text is a valid header. The client's library refuses it, or the server's before the call.
      if (/^ERR_(INVALID_CHAR|HTTP2_(INVALID|GOAWAY|SESSION|HEADER|CONNECT))/.test(code)) return undefined
      if (
        code === 'ERR_HTTP2_STREAM_ERROR' &&
        /PROTOCOL_ERROR|REFUSED_STREAM|ENHANCE_YOUR_CALM|COMPRESSION/.test(message)
      )
        return undefined
      throw new Error(`${attempt.name}: ${code} ${message}`, { cause: error })
    }
  }
  const works = async () => {
    const authority = { name: 'the next call', path: '/grpc.health.v1.Health/Check', headers: {}, body: [envelope()] }
    const answer = await call({ ...authority, isBroken: false, isEndless: false })
    if (answer?.status !== 'OK') throw new Error(`health says ${answer?.http} ${answer?.status}`)
  }
  const buildsAreOver = () =>
    until(async () => {
      const found = ['pending', 'in_progress'].map((status) =>
        server.get(`/builds?status=${status}`, { headers: authorization })
      )
      return (await Promise.all(found)).every((answer) => answer.json<unknown[]>().length === 0)
    })
  return { ...server, authorization, errors, call, works, buildsAreOver, hangUp: () => raw.close() }
}

for (const round of roundsOf({ usual: 1_500, full: 20_000 })) {
  t.test(`every call gets a status of the document, ${round.name}`, async (t) => statusesAreNamed(t, round))
  t.test(`a client that disconnects leaves nothing behind, ${round.name}`, async (t) => nothingIsLeft(t, round))
}

async function statusesAreNamed(t: Test, { numRuns, seed }: Round): Promise<void> {
  const { call, works, engine, errors, buildsAreOver, hangUp } = await serve(t)
  await works()
  const handles = process.getActiveResourcesInfo().length
  const met = new Map<string, number>()

  async function check(attempt: Attempt): Promise<void> {
    const before = engine.writes().length
    const answer = await call(attempt, attempt.isEndless ? PATIENCE_MS : undefined)
    const seen = answer ? (answer.left ? 'left' : (answer.status ?? `HTTP ${answer.http}`)) : 'no call'
    met.set(seen, (met.get(seen) ?? 0) + 1)
    const fail = (why: string) => {
      throw new Error(
        `${why}: ${attempt.name} at ${attempt.path}: ${answer?.http} ${answer?.reason} ${answer?.message}`
      )
    }
    if (errors.length > 0) fail(`logged as an error: ${errors.join()}`)
    if (!answer || answer.left) return
    const wrong = fault(answer, attempt)
    if (wrong) fail(wrong)
    // A health check of an image is known only once the container exists, so this container is removed again.
    const isLate = / wait /.test(answer.message)
    if (isRefused(answer) && !isLate && engine.writes().length > before)
      fail('refused, but the engine was asked to change something')
    if (/Build/.test(attempt.path)) await buildsAreOver()
  }
  await fc.assert(fc.asyncProperty(attempts, check), { numRuns, seed })
  t.comment(summaryOf(met))
  for (const status of [
    'OK',
    'INVALID_ARGUMENT',
    'NOT_FOUND',
    'UNAUTHENTICATED',
    'UNIMPLEMENTED',
    'HTTP 404',
    'HTTP 415'
  ])
    t.ok(met.has(status), `${status} was met`)
  await works()
  await hangUp()
  await until(() => process.getActiveResourcesInfo().length <= handles)
}

async function nothingIsLeft(t: Test, { numRuns, seed }: Round): Promise<void> {
  const { call, works, engine, ask, get, authorization, errors, buildsAreOver } = await serve(t)
  const endings = fc.record({
    attempt: attempts,
    patienceMs: fc.integer({ min: 0, max: 5 }),
    timeout: fc.option(fc.constantFrom('1n', '1u', '1m', '3m'))
  })
  const check = async ({
    attempt,
    patienceMs,
    timeout
  }: {
    attempt: Attempt
    patienceMs: number
    timeout: string | null
  }) => {
    const headers = { ...attempt.headers, ...(timeout !== null && { 'grpc-timeout': timeout }) }
    const answer = await call({ ...attempt, headers }, patienceMs)
    if (errors.length > 0) throw new Error(`${attempt.name}: ${errors.join()}`)
    const wrong = answer && !answer.left && fault(answer, attempt)
    if (wrong) throw new Error(`${wrong}: ${attempt.name} with ${timeout}: ${answer.reason} ${answer.message}`)
  }
  await fc.assert(fc.asyncProperty(endings, check), { numRuns: Math.ceil(numRuns / 4), seed })
  await works()
  await buildsAreOver()
  const names = () => engine.records().flatMap(({ name }) => (name === 'foreign' ? [] : [name]))
  await until(async () => {
    for (const name of names()) await ask('DELETE', `/containers/${name}?force=true`, { headers: authorization })
    const { counts } = (await get('/ports', { headers: authorization })).json<{ counts: Record<string, number> }>()
    return names().length === 0 && counts.leased === 0 && counts.bound === 0 && counts.parked === 0
  })
  // Each abandoned stream has freed its place among the hundred of a token.
  const streams = Array.from({ length: 90 }, () =>
    call(
      {
        name: 'a stream',
        path: '/berth.docker.v1.DockerService/StreamDockerEvents',
        headers: authorization,
        body: [envelope()],
        isBroken: false,
        isEndless: true
      },
      300
    )
  )
  for (const answer of await Promise.all(streams)) t.ok(answer?.left, `${answer?.status}`)
}

t.test('a connection that is not HTTP/2 is closed, with no other effect', async (t) => {
  const { port, works } = await serve(t)
  const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map((noise) => Buffer.from(noise)),
    fc.uint8Array({ maxLength: 300 }).map((noise) => Buffer.concat([preface, noise])),
    fc
      .constantFrom('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n', 'POST', '\r\n\r\n', '\x16\x03\x01')
      .map((text) => Buffer.from(text))
  )
  const check = async (sent: Buffer) => {
    const socket = connect(port, '127.0.0.1')
    await new Promise<void>((resolve) => {
      socket.on('error', () => {})
      socket.on('close', () => resolve())
      socket.resume().end(sent)
    })
    await works()
  }
  await fc.assert(fc.asyncProperty(bytes, check), { numRuns: 200, seed: 8000 })
  t.pass('the server lives')
})
