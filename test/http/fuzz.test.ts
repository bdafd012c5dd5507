// Random requests over the live OpenAPI document: the answers to all of them follow the contract.
// The normal run is the same every time. BERTH_TEST_FULL=1 sends 20,000 requests and FUZZ_RUNS the given number, with a new
// seed each time (FUZZ_SEED repeats them).

import { setImmediate } from 'node:timers/promises'
import addFormats from 'ajv-formats'
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { ERRORS, type ErrorCode } from '../../src/errors.ts'
import { arbitraryFor, junk, type JsonSchema } from '../helpers/arbitrary.ts'
import { build } from '../helpers/build.ts'
import {
  ALWAYS,
  CHOSEN,
  NAMES,
  REFUSED,
  ROUNDS_AT_ONCE,
  roundsOf,
  summaryOf,
  TOKEN,
  withTimes,
  type Round
} from '../helpers/fuzzing.ts'
import { until } from '../helpers/until.ts'

type Content = Record<string, { schema?: JsonSchema }>
type Operation = {
  parameters?: { name: string; in: 'path' | 'query' | 'header'; required?: boolean; schema: JsonSchema }[]
  requestBody?: { content: Content }
  responses: Record<string, { content?: Content }>
}
type Document = {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, JsonSchema> }
}
type Request = { method: string; path: string; url: string; headers: Record<string, string>; payload?: string }

const ROUNDS = roundsOf({ usual: 300, full: 20_000 })
const MAY_FAIL_WITH = [502, 503, 504, 507]
const isStream = ({ responses }: Operation) =>
  Object.keys(responses['200']?.content ?? {}).join() === 'text/event-stream'

function requestsFor(path: string, method: string, operation: Operation, resolve: (ref: string) => JsonSchema) {
  const options = { resolve, chosen: CHOSEN }
  const parameters = operation.parameters ?? []
  const of = (place: string) => parameters.filter((parameter) => parameter.in === place)
  const sometimes = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 1 })

  const id = fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(...NAMES) },
    { weight: 1, arbitrary: fc.string({ unit: 'grapheme' }).filter((each) => !/^\.*$/.test(each)) }
  )
  const query = fc.record(
    Object.fromEntries(
      of('query').map(({ name, schema }) => {
        const good = CHOSEN[name] ?? arbitraryFor(schema, options)
        const value = fc.oneof({ weight: 9, arbitrary: good }, { weight: 1, arbitrary: junk })
        return [name, ALWAYS.includes(name) ? good : sometimes(value)]
      })
    )
  )
  const headers = fc.record(
    Object.fromEntries(
      of('header').map(({ name }) => [
        name,
        sometimes(fc.oneof(fc.constantFrom('one', 'two', '1767225600.5'), fc.string()))
      ])
    )
  )
  const schema = operation.requestBody?.content['application/json']?.schema
  const body = schema
    ? fc.oneof(
        { weight: 9, arbitrary: arbitraryFor(schema, options).map((value) => JSON.stringify(withTimes(value))) },
        { weight: 1, arbitrary: fc.oneof(fc.json(), fc.string()) }
      )
    : fc.constant(undefined)

  return fc
    .record({ id, query, headers, body, visitor })
    .map(({ id: name, query: asked, headers: sent, body: payload, visitor: odd }): Request => {
      const search = Object.entries(asked).flatMap(([key, value]) =>
        (Array.isArray(value) ? value : [value])
          .filter((each) => each !== undefined)
          .map((each) => `${key}=${encode(each)}`)
      )
      const url = path.replace(/\{(id|reference)\}/, encode(name)) + (search.length > 0 ? `?${search.join('&')}` : '')
      const given = Object.entries(sent).filter((entry): entry is [string, string] => entry[1] !== undefined)
      const type = payload === undefined ? {} : { 'content-type': 'application/json' }
      return {
        method,
        path,
        url,
        headers: { authorization: `Bearer ${TOKEN}`, ...Object.fromEntries(given), ...type, ...odd },
        ...(payload !== undefined && { payload })
      }
    })
}

/** Mostly a valid caller; sometimes one without a token, from another page or under another host name. */
const caller: fc.Arbitrary<Record<string, string>> = fc
  .record(
    {
      authorization: fc.constantFrom('', 'Bearer wrong', `Basic ${TOKEN}`, TOKEN),
      host: fc.constantFrom('evil.example', 'localhost:8000', '127.0.0.1.', '[::1]:8000'),
      origin: fc.constantFrom('null', 'http://127.0.0.1:8005', 'http://127.0.0.1:8000', ''),
      'sec-fetch-site': fc.constantFrom('same-origin', 'same-site', 'cross-site', 'none', 'x'),
      'content-type': fc.constantFrom('text/plain', 'application/json;charset=utf-7', 'application/jsonx', ' ', 'a/b'),
      'x-request-id': fc.string()
    },
    { requiredKeys: [] }
  )
  .map((odd) => odd as Record<string, string>)
const visitor = fc.oneof({ weight: 9, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: caller })

const isBusy = ({ statusCode, body }: { statusCode: number; body: string }) =>
  statusCode === 503 && body.includes('"SERVER_BUSY"')

const encode = (value: unknown) =>
  encodeURIComponent((typeof value === 'string' ? value : (JSON.stringify(value) ?? '')).toWellFormed())

t.jobs = ROUNDS_AT_ONCE
for (const round of ROUNDS)
  t.test(`every answer follows the document, ${round.name}`, { buffered: true }, async (t) => {
    await everyAnswerKeepsToTheDocument(t, round)
  })

async function everyAnswerKeepsToTheDocument(t: Test, { numRuns, seed }: Round): Promise<void> {
  // The deadlines under test do not keep a process alive, as a listening server does.
  const alive = setInterval(() => {}, 1_000)
  t.teardown(() => clearInterval(alive))
  // Without one, the first token that a request makes would lock out all others.
  const { ask, get, engine, post } = await build(t, {
    env: { BERTH_EXEC: 'true', BERTH_PORT_RANGE: '8001-8015', BERTH_TOKEN: TOKEN, BERTH_CHANGES_PER_SECOND: '0' }
  })
  // tap keeps every test until the last one.
  t.teardown(() => void engine.calls.splice(0))
  engine.add({ name: 'foreign' })
  await post('/containers', { name: 'web' }, { authorization: `Bearer ${TOKEN}` })
  const document = (await get('/openapi.json')).json<Document>()
  const resolve = (ref: string) => document.components.schemas[ref.split('/').at(-1) ?? ''] ?? {}

  const ajv = new Ajv2020({ strict: false, allErrors: true })
  addFormats.default(ajv)
  ajv.addSchema(document, 'document')
  const pointer = (...parts: string[]) =>
    parts.map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
  const validators = new Map<string, ReturnType<typeof ajv.compile>>()
  function mismatch(value: unknown, ...parts: string[]): string | undefined {
    const ref = `document#${pointer(...parts)
      .replaceAll('{', '%7B')
      .replaceAll('}', '%7D')}`
    const validate = validators.get(ref) ?? ajv.compile({ $ref: ref })
    validators.set(ref, validate)
    return validate(value) ? undefined : ajv.errorsText(validate.errors)
  }

  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, operation]) => !isStream(operation))
      .map(([method, operation]) => requestsFor(path, method, operation, resolve))
  )
  t.ok(operations.length > 15)

  const statuses = new Map<number, number>()
  async function check({ method, path, url, headers, payload }: Request): Promise<void> {
    // Otherwise the loop would never turn, and the server would see itself as too busy.
    await setImmediate()
    const before = engine.writes().length
    const options = { headers, ...(payload !== undefined && { payload }) }
    let answer = await ask(method.toUpperCase(), url, options)
    // This has nothing to do with the request: the process has just started, or the machine is busy.
    if (isBusy(answer)) {
      await until(async () => !isBusy(await get('/ports', { headers: { authorization: `Bearer ${TOKEN}` } })), 60_000)
      answer = await ask(method.toUpperCase(), url, options)
    }
    const { statusCode: status, body } = answer
    const fail = (why: string) => {
      throw new Error(`${why}\n${method} ${url} ${payload ?? ''}\n${status} ${body.slice(0, 500)}`)
    }
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
    const declared = document.paths[path]?.[method]?.responses ?? {}
    const type = String(answer.headers['content-type']).split(';')[0] ?? ''

    if (status >= 400) {
      if (status >= 500 && !MAY_FAIL_WITH.includes(status)) fail('a fault of the server')
      // MCP has its own form of errors. Refusals by the server itself have the usual form.
      if (path === '/mcp' && type === 'application/json' && body.startsWith('{"jsonrpc":"2.0"')) return
      if (type !== 'application/problem+json') fail(`an error as ${type}`)
      const problem = answer.json<{ code: ErrorCode; status: number; errors?: { field: string }[] }>()
      const wrong = mismatch(problem, 'components', 'schemas', 'Problem')
      if (wrong) fail(wrong)
      if (ERRORS[problem.code]?.status !== status || problem.status !== status)
        fail(`the status of ${problem.code} is another one`)
      // A health check of an image is known only once the container exists, so this container is removed again.
      const isLate = problem.errors?.some(({ field }) => field === 'wait')
      if (REFUSED.includes(status) && !isLate && engine.writes().length > before)
        fail('refused, but the engine was asked to change something')
      return
    }
    const content = declared[status]?.content
    if (!content) fail('a status that is not declared')
    if (!content?.[type]) fail(`an answer as ${type}`)
    if (type === 'application/json') {
      const wrong = mismatch(
        answer.json(),
        'paths',
        path,
        method,
        'responses',
        String(status),
        'content',
        type,
        'schema'
      )
      if (wrong) fail(wrong)
    }
  }

  await fc.assert(fc.asyncProperty(fc.oneof(...operations), check), { numRuns, seed })
  t.comment(summaryOf(statuses))
  for (const status of [200, 201, 400, 401, 404]) t.ok(statuses.has(status), `${status} was met`)
  t.ok((statuses.get(503) ?? 0) < numRuns / 50, 'an idle machine: a busy one only reports that it is busy')
}

for (const round of ROUNDS)
  t.test(`any request to any path gets a well-formed answer, ${round.name}`, { buffered: true }, async (t) => {
    await everyPathIsAnswered(t, round)
  })

async function everyPathIsAnswered(t: Test, { numRuns, seed }: Round): Promise<void> {
  const { ask, engine } = await build(t)
  const methods = fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD')
  const segment = fc.oneof(
    fc.constantFrom('containers', 'ports', 'health', 'docs', 'stats', 'web', 'start', '..', '%', '%zz', '%00'),
    fc.string()
  )
  const requests = fc.record({
    method: methods,
    path: fc.array(segment, { maxLength: 4 }).map((parts) => `/${parts.join('/')}`),
    type: fc.constantFrom('application/json', 'text/plain', 'application/octet-stream', ''),
    payload: fc.option(fc.string({ unit: 'binary' }), { nil: undefined })
  })
  async function check({
    method,
    path,
    type,
    payload
  }: {
    method: string
    path: string
    type: string
    payload: string | undefined
  }) {
    let answer
    try {
      answer = await ask(method, path.toWellFormed(), {
        headers: type === '' ? {} : { 'content-type': type },
        ...(payload !== undefined && method !== 'HEAD' && method !== 'GET' && { payload: payload.toWellFormed() })
      })
    } catch (error) {
      // Not every text is a URL, as a real client would notice, too.
      if (error instanceof TypeError && /URL/.test(error.message)) return
      throw error
    }
    if (answer.statusCode >= 500 && !MAY_FAIL_WITH.includes(answer.statusCode))
      throw new Error(`${answer.statusCode} ${answer.body}`)
    if (
      answer.statusCode >= 400 &&
      method !== 'HEAD' &&
      !/^application\/problem\+json/.test(String(answer.headers['content-type']))
    )
      throw new Error(`${answer.statusCode} as ${answer.headers['content-type']}: ${answer.body}`)
  }
  await fc.assert(fc.asyncProperty(requests, check), { numRuns, seed })
  t.ok(engine.records().length < numRuns)
}
