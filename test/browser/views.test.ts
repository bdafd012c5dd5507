// Every view of the dashboard in a real browser, on the engine in memory: it is accessible, nothing is cut off, and nothing
// violates the policy of the page.

import axe from 'axe-core'
import type { Page } from 'playwright-core'
import t from 'tap'
import { openBrowser, openPage, showView } from './browser.ts'
import { serveDashboard } from './serve.ts'

const VIEWS = [
  '',
  '/containers',
  '/ports',
  '/builds',
  '/images',
  '/networks',
  '/networks/volumes',
  '/create',
  '/nodes',
  '/admin',
  '/admin/tokens',
  '/admin/limits'
]

const browser = await openBrowser(t)
const skip = browser === undefined && 'there is no Chromium, and none can be installed'

declare global {
  interface Window {
    axe: typeof axe
  }
}

/** Roles and names are the same in each. Only the colours differ, and the space on a phone. */
const LOOKS = [
  { colorScheme: 'light', width: 1440, rules: 'all' },
  { colorScheme: 'dark', width: 1440, rules: 'contrast' },
  { colorScheme: 'light', width: 390, rules: 'none' }
] as const

t.test('every view, in both themes and on a phone', { skip }, async (t) => {
  if (!browser) return
  const { url } = await serveDashboard(t, { swarm: true })
  const found = (await (await fetch(`${url}/containers?name=checkout-1`)).json()) as { id: string }[]
  const ofContainer = [
    '',
    '/logs',
    '/terminal',
    '/files?at=/app',
    '/files?at=/app/README.md',
    '/events',
    '/configuration'
  ].map((tab) => `/containers/${found[0]?.id}${tab}`)
  for (const { colorScheme, width, rules } of LOOKS) {
    const { page, faults } = await openPage(browser, url, { colorScheme, viewport: { width, height: 844 } })
    await page.goto('/dashboard')
    for (const view of [...VIEWS, ...ofContainer]) {
      const where = `${colorScheme} ${width} /dashboard${view}`
      await showView(page, view)
      if (rules !== 'none') t.strictSame(await violationsOf(page, rules), [], `axe finds no problem in ${where}`)
      const wide = await page.evaluate(() => {
        const all = [document.documentElement, ...document.querySelectorAll('main')]
        return all.filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth).map(({ nodeName }) => nodeName)
      })
      t.strictSame(wide, [], `nothing is cut off in ${where}`)
    }
    t.strictSame(faults, [], 'no error, no violation of the policy, no request to another host')
    await page.context().close()
  }
})

/** The findings of axe as text. */
async function violationsOf(page: Page, rules: 'all' | 'contrast'): Promise<string[]> {
  await page.evaluate(axe.source)
  const options = rules === 'all' ? {} : { runOnly: ['color-contrast'] }
  const { violations } = await page.evaluate((given) => window.axe.run(given), options)
  return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`)
}
