// The cost of the largest request of every operation, in time on the only thread and in memory. The server is full: it has
// as many containers as ports, and as many builds as it keeps.

import t from 'tap'
import { createBuildTable } from '../../src/builds/table.ts'
import { stage } from '../../src/builds/record.ts'
import { MAX_VALUES } from '../../src/lib/values.ts'
import { openStore } from '../../src/store/sqlite/open.ts'
import { build } from '../helpers/build.ts'
import { buildRecord } from '../helpers/build-record.ts'
import { buildForm, FORM_TYPE } from '../helpers/form.ts'
import { createMemoryEngine } from '../helpers/memory-engine.ts'
import { leastTurn } from '../helpers/thread-time.ts'

const MOST_MS = 250
const MOST_BYTES = 96 * 1024 ** 2
const BODY_BYTES = 255 * 1024
const STREAMS = /stream|follow|events$/
// As many as the parser passes on for individual checks.
const VALUES = MAX_VALUES - 10
const CONTAINERS = 999
const BUILDS = 2_000

type Schema = { $ref?: string; properties?: Record<string, unknown> }
type Operation = {
  operationId: string
  requestBody?: { content: Record<string, { schema: Schema }> }
  parameters?: { name: string; in: string }[]
}
type Api = { paths: Record<string, Record<string, Operation>>; components: { schemas: Record<string, Schema> } }

const engine = createMemoryEngine()
for (let n = 0; n < CONTAINERS; n++) engine.add({ name: `c${n}` })
const store = openStore(':memory:')
const table = createBuildTable(store.builds)
for (let n = 0; n < BUILDS; n++) {
  const record = buildRecord({ id: crypto.randomUUID(), build: stage('failed'), finishedAt: Date.now() })
  await table.add({ ...record, origin: n % 2 === 0 ? 'rest' : 'dockerfile-build' }, { buildArgs: {} })
}
const { ask, get } = await build(t, { engine, store, env: { BERTH_EXEC: 'true' } })
const api = (await get('/openapi.json')).json<Api>()

/** Bodies of the largest allowed size, each in another way. */
function bodiesOf({ requestBody }: Operation): string[] {
  const given = requestBody?.content['application/json']?.schema
  if (!given) return ['']
  const schema = given.$ref ? api.components.schemas[given.$ref.split('/').at(-1) ?? ''] : given
  const names = Object.keys(schema?.properties ?? {})
  const fill = (piece: string) => piece.repeat(Math.floor(BODY_BYTES / piece.length))
  const list = (piece: string) => `[${`${piece},`.repeat(VALUES).slice(0, -1)}]`
  const pairs = Array.from({ length: VALUES }, (_, n) => `"k${n}":"v"`).join(',')
  return [
    `{${pairs}}`,
    ...names.flatMap((name) =>
      [
        `"${fill('a')}"`,
        `[${fill('{},').slice(0, -1)}]`,
        `"${fill('a/')}!"`,
        list('"a=b"'),
        list('{}'),
        list('8000'),
        `{${pairs}}`
      ].map((value) => `{${JSON.stringify(name)}:${value}}`)
    )
  ]
}

/** The longest path and query, and the query with the largest answer. */
function urlsOf(path: string, { parameters = [] }: Operation): string[] {
  const query = parameters.filter((each) => each.in === 'query').map(({ name }) => name)
  const most = query.includes('limit') ? '?limit=1000' : ''
  return ['c1', 'a'.repeat(500), '*'.repeat(500)].flatMap((id) => {
    const url = path.replaceAll(/\{[^}]+\}/g, encodeURIComponent(id))
    const long = query.map((name) => `${url}?${name}=${'*'.repeat(14_000)}!`)
    return [`${url}${most}`, ...long]
  })
}

/** Each URL once, and each body once where the resource exists. */
function requestsOf(path: string, operation: Operation): [url: string, payload: string][] {
  const [plain = '', ...urls] = urlsOf(path, operation)
  const [first = '', ...bodies] = bodiesOf(operation)
  return [
    [plain, first],
    ...urls.map((url): [string, string] => [url, first]),
    ...bodies.map((payload): [string, string] => [plain, payload])
  ]
}

async function costOf(task: () => Promise<unknown>) {
  let bytes = Infinity
  const ms = await leastTurn(async () => {
    const before = bytesInUse()
    await task()
    bytes = Math.min(bytes, bytesInUse() - before)
  }, MOST_MS / 2)
  return { ms, bytes }
}

function bytesInUse(): number {
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

for (const [path, operations] of Object.entries(api.paths))
  for (const [method, operation] of Object.entries(operations)) {
    if (STREAMS.test(path) || operation.operationId === 'getContainerLogs') continue
    t.test(operation.operationId, async (t) => {
      let worst = { ms: 0, bytes: 0, what: '' }
      for (const [url, payload] of requestsOf(path, operation)) {
        // Otherwise a wait would block.
        if (operation.operationId === 'waitForContainer' && url === '/containers/c1/wait') continue
        const headers: Record<string, string> = payload === '' ? {} : { 'content-type': 'application/json' }
        const cost = await costOf(async () => ask(method.toUpperCase(), url, { headers, ...(payload && { payload }) }))
        if (cost.ms > worst.ms) worst = { ...cost, what: `${url.slice(0, 80)} ${payload.slice(0, 60)}` }
        t.ok(cost.bytes < MOST_BYTES, `${cost.bytes} bytes: ${url.slice(0, 80)} ${payload.slice(0, 60)}`)
      }
      t.ok(worst.ms < MOST_MS, `${Math.round(worst.ms)} ms: ${worst.what}`)
      t.comment(`${operation.operationId}: ${Math.round(worst.ms)} ms`)
    })
  }

t.test('a form with the largest Dockerfile', async (t) => {
  const line = 'RUN --mount=type=bind,from=a,target=/x cat <<E\nE\n'
  const file = `FROM scratch\n${line.repeat(Math.floor((127 * 1024) / line.length))}`
  const payload = buildForm(file, { image_name: 'web', build_args: JSON.stringify({ A: 'x'.repeat(200_000) }) })
  const { ms, bytes } = await costOf(async () =>
    ask('POST', '/builds', { payload, headers: { 'content-type': FORM_TYPE } })
  )
  t.ok(ms < 4 * MOST_MS, `${Math.round(ms)} ms`)
  t.ok(bytes < MOST_BYTES, `${bytes} bytes`)
  t.comment(`${Math.round(ms)} ms, ${bytes} bytes`)
})
