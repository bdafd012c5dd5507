// A browser that opens the server gets a page, a program gets JSON.

import t from 'tap'
import { build } from '../helpers/build.ts'

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'
const TOKEN = 'correct-horse-battery-staple-0123456789'

t.test('Accept determines the content of /', async (t) => {
  const { get } = await build(t)
  const page = await get('/', { headers: { accept: BROWSER } })
  t.match(page.headers, { 'content-type': 'text/html; charset=utf-8', vary: /accept/ })
  for (const link of ['/docs', '/redoc', '/docs/errors', '/openapi.json']) {
    t.match(page.body, `href="${link}"`)
    t.equal((await get(link)).statusCode, 200, link)
  }
  t.match(page.body, 'curl -X POST http://127.0.0.1:8000/containers/create')
  for (const accept of ['*/*', 'application/json', undefined]) {
    const facts = await get('/', accept === undefined ? {} : { headers: { accept } })
    t.match(facts.json(), { name: 'Berth' }, String(accept))
    t.match(facts.headers.vary, /accept/)
  }
})

t.test('the page needs no token, shows nothing that needs one, and has its own script', async (t) => {
  const { get, make } = await build(t)
  await make({ name: 'secret-name' })
  const { get: guarded } = await build(t, { env: { BERTH_TOKEN: TOKEN } })
  const page = await guarded('/', { headers: { accept: BROWSER } })
  t.equal(page.statusCode, 200)
  t.equal((await guarded('/')).statusCode, 401)
  t.notMatch((await get('/', { headers: { accept: BROWSER } })).body, 'secret-name')
  t.match(page.headers['content-security-policy'], /default-src 'none'.*script-src 'self'/)
  t.notMatch(page.body, /<script>|onclick|style=/)
  const script = await guarded('/home.js')
  t.match(script.headers['content-type'], 'text/javascript')
  t.notMatch(script.body, /innerHTML|localStorage/)
})

t.test('Swagger UI has a filter, no bar for other documents, and the token of the tab', async (t) => {
  const { get } = await build(t)
  const page = await get('/docs')
  t.match(page.body, 'tab-token.js')
  t.match((await get('/docs/static/theme/tab-token.js')).body, 'sessionStorage')
  const options = (await get('/docs/static/swagger-initializer.js')).body
  t.match(options, '"filter":true')
  t.match(options, '"layout":"BaseLayout"')
})

t.test('the page of errors links back', async (t) => {
  const { get } = await build(t)
  t.match((await get('/docs/errors')).body, '<a href="/">Berth</a>')
})
