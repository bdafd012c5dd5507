// `npm run lighthouse`: the Lighthouse scores of the overview and the table of containers. It fetches its package. A busy
// machine makes each page look slow, so the best of three rounds counts.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { findChromium } from '../helpers/chromium.ts'
import { makeFolder } from '../helpers/folder.ts'
import { serveDashboard } from './serve.ts'

const PACKAGE = 'lighthouse@13.5.0'
const WANTED = { accessibility: 1, 'best-practices': 1, performance: 0.95 }
const ROUNDS = 3
const VIEWS = ['/dashboard', '/dashboard/containers']

type Category = keyof typeof WANTED
type Scores = Record<Category, number>

const chromium = findChromium()
if (chromium === undefined) throw new Error('There is no Chromium. Install the package chromium.')
const undo: (() => unknown)[] = []
const { url } = await serveDashboard({ teardown: (work: () => unknown) => void undo.unshift(work) })
const folder = makeFolder('lighthouse')

let isGood = true
for (const view of VIEWS) {
  const best = { accessibility: 0, 'best-practices': 0, performance: 0 }
  for (let round = 0; round < ROUNDS && !isEnough(best); round++) {
    const scores = look(`${url}${view}`)
    for (const name of Object.keys(best) as Category[]) best[name] = Math.max(best[name], scores[name])
  }
  process.stdout.write(`${view}: ${JSON.stringify(best)}\n`)
  isGood &&= isEnough(best)
}
for (const work of undo) await work()
process.exitCode = isGood ? 0 : 1

function isEnough(scores: Scores): boolean {
  return (Object.keys(WANTED) as Category[]).every((name) => scores[name] >= WANTED[name])
}

function look(address: string): Scores {
  const file = join(folder, 'report.json')
  const lighthouse = ['exec', '--yes', `--package=${PACKAGE}`, '--', 'lighthouse', address, '--quiet']
  const how = ['--preset=desktop', '--output=json', `--output-path=${file}`]
  const what = [`--only-categories=${Object.keys(WANTED).join(',')}`]
  const flags = ['--chrome-flags=--headless=new --no-sandbox --disable-gpu --no-proxy-server']
  execFileSync('npm', [...lighthouse, ...how, ...what, ...flags], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, CHROME_PATH: `/usr/bin/${chromium}` }
  })
  const { categories } = JSON.parse(readFileSync(file, 'utf8')) as { categories: Record<Category, { score: number }> }
  return {
    accessibility: categories.accessibility.score,
    'best-practices': categories['best-practices'].score,
    performance: categories.performance.score
  }
}
