// Builds the dashboard into dist/dashboard when its sources have changed since.
import { createHash } from 'node:crypto'
import { existsSync, globSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { lastLines, run } from './run.ts'
import { say, SetupError } from './say.ts'
import { step } from './step.mjs'

const SOURCES = 'src/pages/dashboard'
/** Sources that the page shares with other parts; Dockerfile.orchestration copies the same. */
export const SHARED = ['src/client/api.ts', 'src/client/sse.ts', 'src/lib/format.ts', 'src/terminal/frames.ts']
const BUILT = 'dist/dashboard'
/** Beside the page: the hash of its sources. */
const MARK = join(BUILT, 'sources.txt')

export async function ensureDashboard(): Promise<void> {
  const hash = hashOfSources()
  if (existsSync(MARK) && readFileSync(MARK, 'utf8') === hash) return
  // A pure API server needs no page, and the packages that build it are optional for npm.
  if (!existsSync('node_modules/vite')) return say('the dashboard is not built: npm installed no optional packages')
  await step('building the dashboard', () => build(hash))
}

/** A running server shows the old page until the new one is complete. */
async function build(hash: string): Promise<void> {
  const folder = `${BUILT}-${process.pid}`
  try {
    const vite = ['node_modules/vite/bin/vite.js', 'build', SOURCES, '--outDir', join(process.cwd(), folder)]
    const { ok, output } = await run(process.execPath, [...vite, '--logLevel', 'warn'])
    if (!ok) throw new SetupError(`The dashboard could not be built:\n${lastLines(output, 15)}`)
    writeFileSync(join(folder, 'sources.txt'), hash)
    rmSync(BUILT, { recursive: true, force: true })
    renameSync(folder, BUILT)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function hashOfSources(): string {
  const files = globSync(`${SOURCES}/**/*.{ts,tsx,css,html,svg,json}`).toSorted()
  const hash = createHash('sha256')
  for (const file of [...files, ...SHARED, 'package-lock.json'])
    hash.update(file).update('\0').update(readFileSync(file))
  return hash.digest('hex')
}

if (import.meta.main) await ensureDashboard()
