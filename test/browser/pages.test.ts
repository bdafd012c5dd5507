// The dashboard in a real browser, on the engine in memory: small to load, quick with a thousand rows, and right when the token,
// the engine or the eye of who looks is away.

import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { join } from 'node:path'
import t from 'tap'
import { openBrowser, openPage } from './browser.ts'
import { serveDashboard } from './serve.ts'

const TOKEN = 'correct-horse-battery-staple-0123456789'
const MOST_BYTES = 60 * 1024

const browser = await openBrowser(t)
const skip = browser === undefined && 'there is no Chromium, and none can be installed'

t.test('the first load is small', { skip }, async (t) => {
  if (!browser) return
  const { url } = await serveDashboard(t)
  const { page } = await openPage(browser, url)
  const bodies: Promise<[string, number]>[] = []
  page.on('response', (response) => {
    if (!new URL(response.url()).pathname.startsWith('/dashboard')) return
    bodies.push(response.body().then((body) => [response.url(), gzipSync(body).length]))
  })
  await page.goto('/dashboard')
  await page.locator('.plot canvas').first().waitFor()
  const sizes = await Promise.all(bodies)
  const total = sizes.reduce((sum, [, size]) => sum + size, 0)
  t.ok(total > 20_000 && total <= MOST_BYTES, `${total} bytes: ${JSON.stringify(sizes)}`)
  t.comment(`first load: ${total} bytes in ${sizes.length} files`)
})

t.test('a thousand containers are scrolled without a stutter, and found by a few letters', { skip }, async (t) => {
  if (!browser) return
  const { url } = await serveDashboard(t, { containers: 1000 })
  const { page, faults } = await openPage(browser, url)
  await page.goto('/dashboard/containers')
  await page.getByRole('table', { name: '1,000 containers' }).waitFor()
  const rows = await page.locator('.vrow').count()
  t.ok(rows > 20 && rows < 120, `${rows} rows are drawn`)
  // What the page itself computes for a frame: the rest of the machine may be busy with other tests.
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' })
  const worked = async () => {
    const { metrics } = await devtools.send('Performance.getMetrics')
    return 1_000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0)
  }
  const before = await worked()
  const frames = await page.evaluate<number>(`new Promise((resolve) => {
    const box = document.querySelector('.vtable-scroll')
    let count = 0
    const next = () => {
      box.scrollTop += 240
      if (++count < 120) requestAnimationFrame(next)
      else resolve(count)
    }
    requestAnimationFrame(next)
  })`)
  const each = ((await worked()) - before) / frames
  t.comment(`${each.toFixed(1)} ms of computing for a frame`)
  // Many times as much on a busy machine; without the virtual table it would be hundreds.
  t.ok(each > 0 && each < 100, `${each.toFixed(1)} ms of computing for a frame`)
  await page.keyboard.press('Control+k')
  const field = page.getByRole('combobox')
  await field.fill('gateway-77')
  await page.getByRole('option', { name: /^gateway-77 container/ }).waitFor()
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'gateway-77' }).waitFor()
  t.match(page.url(), /\/dashboard\/containers\/[0-9a-f]{12}$/, 'everything has an address')
  t.strictSame(faults, [])
})

t.test('a token is asked for and kept in the tab', { skip }, async (t) => {
  if (!browser) return
  const { url } = await serveDashboard(t, { token: TOKEN })
  const { page, faults } = await openPage(browser, url)
  await page.goto('/dashboard/containers')
  const field = page.getByLabel('Token', { exact: false }).last()
  await field.fill('wrong-token-wrong-token-wrong-token-1')
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('alert').first().waitFor()
  await field.fill(TOKEN)
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('table').waitFor()
  t.match(page.url(), '/dashboard/containers')
  t.equal(await page.evaluate('localStorage.getItem("berth-token")'), null)
  await page.getByRole('button', { name: 'Forget the token' }).click()
  await page.getByText('This server asks for a token').waitFor()
  t.strictSame(faults, [])
})

t.test('the engine goes away and comes back, without a reload', { skip }, async (t) => {
  if (!browser) return
  const { url, tell } = await serveDashboard(t)
  const { page, faults } = await openPage(browser, url)
  await page.goto('/dashboard/containers')
  await page.getByText('engine connected').waitFor()
  tell('away')
  await page.getByRole('alert').filter({ hasText: 'The engine does not answer: nobody listens' }).waitFor()
  t.ok((await page.locator('.vrow').count()) > 10, 'the last state is still shown')
  await page.getByRole('button', { name: 'stop checkout-1' }).click()
  await page.getByText('ENGINE_UNAVAILABLE').waitFor()
  tell('back')
  await page.getByText('engine connected').waitFor()
  t.equal(await page.getByText('The engine does not answer: nobody listens').count(), 0)
  t.strictSame(faults, [])
})

t.test('a hidden tab holds no stream', { skip }, async (t) => {
  if (!browser) return
  const { url } = await serveDashboard(t)
  const { page } = await openPage(browser, url)
  const ended = new Set<string>()
  page.on('requestfailed', (request) => ended.add(new URL(request.url()).pathname))
  await page.goto('/dashboard/containers')
  await page.locator('.spark path').first().waitFor()
  const hide = (isHidden: boolean) =>
    page.evaluate(`Object.defineProperty(document, 'hidden', { value: ${isHidden}, configurable: true })
      document.dispatchEvent(new Event('visibilitychange'))`)
  await hide(true)
  await t.resolves(page.waitForTimeout(300))
  t.strictSame([...ended].toSorted(), ['/events', '/stats/stream'])
  const again = page.waitForRequest((request) => request.url().includes('/events'))
  await hide(false)
  t.match((await (await again).allHeaders()).accept, 'text/event-stream', 'and asks again when it is looked at')
})

t.test('the built page names no other host', async (t) => {
  const page = readFileSync(join(import.meta.dirname, '../../dist/dashboard/index.html'), 'utf8')
  t.notMatch(page, /https?:\/\/|<script>|style=/)
})
