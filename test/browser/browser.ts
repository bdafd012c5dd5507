// Debian's Chromium, driven by playwright: pages of this server, and their errors.

import { chromium, type Browser, type BrowserContextOptions, type Locator, type Page } from 'playwright-core'
import type { Test } from 'tap'
import { findChromium } from '../helpers/chromium.ts'

const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run', '--no-proxy-server']

/** Runs in the page. */
const TELL_OF_VIOLATIONS = `document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
  console.error('policy: ' + violatedDirective + ' ' + blockedURI))`

export async function openBrowser(t: Pick<Test, 'teardown'>): Promise<Browser | undefined> {
  const executablePath = findChromium()
  if (executablePath === undefined) return undefined
  const browser = await chromium.launch({ executablePath: `/usr/bin/${executablePath}`, args: ARGUMENTS })
  t.teardown(() => browser.close())
  return browser
}

/** A page whose errors, policy violations and requests to other hosts are recorded. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {}
): Promise<{ page: Page; faults: string[] }> {
  const context = await browser.newContext({ baseURL: url, viewport: { width: 1440, height: 900 }, ...options })
  const page = await context.newPage()
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`))
  page.on('console', (message) => {
    // The browser also reports refusals of the server, which the page shows.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) faults.push(message.text())
  })
  page.on('request', (request) => {
    if (!/^(data|blob):/.test(request.url()) && new URL(request.url()).origin !== new URL(url).origin)
      faults.push(`asked another host: ${request.url()}`)
  })
  await page.addInitScript({ content: TELL_OF_VIOLATIONS })
  return { page, faults }
}

/** Opens a view within the page, as its own links do, and returns when it shows its content. */
export async function showView(page: Page, view: string): Promise<void> {
  await page.evaluate((to) => {
    history.pushState(null, '', to)
    dispatchEvent(new PopStateEvent('popstate'))
  }, `/dashboard${view}`)
  await page.locator('#view h1').first().waitFor()
  await page.locator('.skeleton').waitFor({ state: 'detached' })
  await page.getByText('Connecting …').waitFor({ state: 'detached' })
}

/** Drags files and folders of the disk onto an element, as a person does. */
export async function drop(page: Page, onto: Locator, files: string[]): Promise<void> {
  const box = await onto.boundingBox()
  if (!box) throw new Error('there is nothing to drop them on')
  const devtools = await page.context().newCDPSession(page)
  const place = { x: box.x + box.width / 2, y: box.y + box.height / 2 }
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await devtools.send('Input.dispatchDragEvent', {
      type,
      ...place,
      data: { items: [], files, dragOperationsMask: 1 }
    })
  await devtools.detach()
}
