// Every operation of the live OpenAPI document under every combination of what a browser says about a request. The engine
// records its calls: a request from a foreign page or under a foreign name must cause none.

import t from 'tap'
import { build } from '../helpers/build.ts'

type Document = { paths: Record<string, Record<string, { operationId: string; requestBody?: unknown }>> }

/** Changes by GET: of an older system, and as the start of a WebSocket. */
const CHANGE_BY_GET = ['compatRetryBuild', 'openTerminal']
const OWN = '127.0.0.1:8000'
const HOSTS: [host: string, allowed: boolean][] = [
  [OWN, true],
  ['LOCALHOST:8000', true],
  ['evil.example', false],
  ['127.0.0.1.evil.example:8000', false],
  ['[::1]evil.example', false],
  ['[::1].evil.example:8000', false],
  ['localhost.:8000', false]
]
const ORIGINS: [origin: string | undefined, own: boolean][] = [
  [undefined, true],
  [`http://${OWN}`, true],
  ['http://127.0.0.1:8005', false],
  ['https://evil.example', false],
  ['null', false]
]
const SITES: [site: string | undefined, own: boolean][] = [
  [undefined, true],
  ['same-origin', true],
  ['same-site', false],
  ['cross-site', false],
  ['none', false]
]

t.test('only our own page can make changes, and only our host names get an answer', async (t) => {
  const { ask, get, make, engine } = await build(t, { env: { BERTH_EXEC: 'true' } })
  await make({ name: 'web' })
  const { paths } = (await get('/openapi.json')).json<Document>()
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, { operationId }]) => !operationId.startsWith('stream'))
      .map(([method, { operationId }]) => ({
        operationId,
        method: method.toUpperCase(),
        url: path.replaceAll(/\{\w+\}/g, 'web') + (operationId === 'waitForContainer' ? '?for=running' : '')
      }))
  )
  const before = engine.writes().length
  let refused = 0
  for (const { method, url, operationId } of operations) {
    for (const [host, isOurName] of HOSTS) {
      for (const [origin, isOurOrigin] of ORIGINS) {
        for (const [site, isOurSite] of SITES) {
          const isChange = method !== 'GET' || CHANGE_BY_GET.includes(operationId)
          const expected = isOurName ? (isChange && !(isOurOrigin && isOurSite) ? 403 : undefined) : 421
          // Requests of our own page are tested elsewhere. A name in capitals is another origin to a browser.
          if (expected === undefined && (isChange || host !== OWN)) continue
          const headers = { host, ...(origin && { origin }), ...(site && { 'sec-fetch-site': site }) }
          const answer = await ask(method, url, { headers, ...(isChange && method !== 'GET' && { payload: {} }) })
          const name = `${operationId} ${JSON.stringify(headers)}`
          if (expected === undefined) {
            if (answer.statusCode === 403 || answer.statusCode === 421) t.fail(name)
          } else {
            refused++
            if (answer.statusCode !== expected) t.equal(answer.statusCode, expected, name)
          }
          const open = ['access-control-allow-origin', 'set-cookie'].filter((header) => header in answer.headers)
          if (open.length > 0) t.strictSame(open, [], name)
        }
      }
    }
  }
  t.ok(refused > 2_000, `${refused} were refused`)
  t.equal(engine.writes().length, before, 'and the engine got no call')
})

t.test('reads change nothing', async (t) => {
  const { ask, get, make, engine } = await build(t)
  await make({ name: 'web' })
  const { paths } = (await get('/openapi.json')).json<Document>()
  const before = engine.writes().length
  for (const [path, methods] of Object.entries(paths)) {
    if (methods.get === undefined || /^stream/.test(methods.get.operationId)) continue
    if (CHANGE_BY_GET.includes(methods.get.operationId)) continue
    const url = path.replaceAll(/\{\w+\}/g, 'web') + (path.endsWith('/wait') ? '?for=running' : '')
    await ask('GET', url)
    await ask('HEAD', url)
  }
  t.equal(engine.writes().length, before)
})
