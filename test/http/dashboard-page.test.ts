// How the server delivers the dashboard, with and without a built page.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { build } from '../helpers/build.ts'
import { makeFolder } from '../helpers/folder.ts'

const BROWSER = { headers: { accept: 'text/html' } }
const TOKEN = 'correct-horse-battery-staple-0123456789'

function builtPage(t: Test): string {
  const folder = makeFolder('page')
  t.teardown(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'assets'))
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>Berth</title>')
  writeFileSync(join(folder, 'assets/index-abc123.js'), 'console.log(1)')
  writeFileSync(join(folder, 'sources.txt'), 'a hash')
  return folder
}

t.test('GET /dashboard and every view below it return the same page, whose policy forbids inline code', async (t) => {
  const { get } = await build(t, { dashboardDir: builtPage(t), env: { BERTH_TOKEN: TOKEN } })
  for (const path of ['/dashboard', '/dashboard/', '/dashboard/containers', '/dashboard/containers/web/logs?q=x']) {
    const page = await get(path, BROWSER)
    t.equal(page.statusCode, 200, path)
    t.equal(page.body, '<!doctype html><title>Berth</title>')
    t.match(page.headers['content-security-policy'], /default-src 'none'.*script-src 'self'/)
    t.notMatch(page.headers['content-security-policy'], /unsafe/)
    t.equal(page.headers['cache-control'], 'no-cache', 'a new version is seen at the next load')
  }
})

t.test('GET /dashboard/assets/{file} lets browsers cache existing files forever, and no others', async (t) => {
  const { get } = await build(t, { dashboardDir: builtPage(t) })
  const script = await get('/dashboard/assets/index-abc123.js')
  t.match(script.headers, { 'content-type': 'text/javascript; charset=utf-8', 'cache-control': /immutable/ })
  for (const file of ['missing.js', '..%2fsources.txt', '..%2findex.html', '%2e%2e%2fsources.txt', 'x%00.js'])
    t.match((await get(`/dashboard/assets/${file}`)).statusCode, /^4/, file)
})

t.test('GET / redirects a browser to the built page, unless a token is required', async (t) => {
  const open = await build(t, { dashboardDir: builtPage(t) })
  t.match(await open.get('/', BROWSER), { statusCode: 302, headers: { location: '/dashboard' } })
  t.equal((await open.get('/')).statusCode, 200, 'a program gets the facts')
  const guarded = await build(t, { dashboardDir: builtPage(t), env: { BERTH_TOKEN: TOKEN } })
  t.equal((await guarded.get('/', BROWSER)).statusCode, 200)
})

t.test('GET /dashboard without a built page says how to build it', async (t) => {
  const { get } = await build(t)
  const answer = await get('/dashboard/containers', BROWSER)
  t.equal(answer.statusCode, 503)
  t.match(answer.body, 'node scripts/dashboard.ts')
  t.equal((await get('/', BROWSER)).statusCode, 200, 'and / is unchanged')
})
