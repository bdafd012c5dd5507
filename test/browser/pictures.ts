// Pictures of every view for docs/images, in both themes, on a desktop and a phone: `npm run pictures`, or only those with
// a part of a name, `npm run pictures -- ports dark-phone`.

import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { installFor } from '../helpers/debian.ts'
import { openBrowser, openPage, showView } from './browser.ts'
import { serveDashboard } from './serve.ts'

const wanted = process.argv.slice(2)
const FOLDER = join(import.meta.dirname, '../../docs/images')
const DESK = { width: 1440, height: 900 }
const PHONE = { width: 390, height: 844 }
/** Until the curves have a shape. */
const SETTLE_MS = 20_000

const undo: (() => unknown)[] = []
const life = { teardown: (work: () => unknown) => void undo.unshift(work) }

const browser = await openBrowser(life)
if (!browser) throw new Error('There is no Chromium. Install the package chromium.')
const { url } = await serveDashboard(life)
const swarm = await serveDashboard(life, { swarm: true })
const found = async (path: string) => ((await (await fetch(`${url}${path}`)).json()) as { id: string }[])[0]?.id
const container = await found('/containers?name=checkout-1')
const build = await found('/builds?image=shop/checkout')
const VIEWS = {
  overview: '',
  containers: '/containers',
  drawer: `/containers?open=${container}&tab=logs`,
  container: `/containers/${container}`,
  logs: `/containers/${container}/logs`,
  terminal: `/containers/${container}/terminal`,
  files: `/containers/${container}/files?at=/app`,
  ports: '/ports',
  create: `/create?from=${container}`,
  builds: '/builds',
  build: `/builds/${build}`,
  images: '/images',
  networks: '/networks',
  access: '/admin'
}
const PLACES = [
  { server: url, all: VIEWS },
  { server: swarm.url, all: { nodes: '/nodes' } }
]

installFor('pictures')
mkdirSync(FOLDER, { recursive: true })
for (const colorScheme of ['light', 'dark'] as const)
  for (const [size, viewport] of [
    ['desk', DESK],
    ['phone', PHONE]
  ] as const)
    for (const { server, all } of PLACES) {
      const fileOf = (name: string) => `${name}-${colorScheme}-${size}.png`
      const views = Object.entries(all).filter(
        ([name]) => wanted.length === 0 || wanted.some((part) => fileOf(name).includes(part))
      )
      if (views.length === 0) continue
      const { page } = await openPage(browser, server, { colorScheme, viewport })
      await page.goto('/dashboard')
      await page.waitForTimeout(SETTLE_MS)
      for (const [name, address] of views) {
        // Within the page, so that its recorded curves stay.
        await showView(page, address)
        await page.waitForTimeout(1_200)
        const path = join(FOLDER, fileOf(name))
        await page.screenshot({ path, animations: 'disabled' })
        // A palette is enough for a page of few colours, and a third of the bytes.
        execFileSync('pngquant', ['--force', '--strip', '--speed', '1', '--ext', '.png', '96', path])
      }
      await page.context().close()
    }
for (const work of undo) await work()
