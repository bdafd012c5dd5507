// `npm run test:engines [-- ENGINE... [FILE...]]`: the tests of test/docker on every engine or the named ones; all files or
// the named ones, such as `registry`. The results of each engine are kept in results/, so that docs/engines.md can combine
// runs at different times.

import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ENGINES, type LabEngine } from './engines.ts'
import { startLabEngine } from './lab.ts'
import { writeReport } from './report.ts'
import { explain, storedResult, storeResult, type EngineResult, type FileResult } from './results.ts'

const ROOT = join(import.meta.dirname, '../..')

const words = process.argv.slice(2)
const names = words.some((word) => word in ENGINES) ? words.filter((word) => word in ENGINES) : Object.keys(ENGINES)
const chosen = words.filter((word) => !(word in ENGINES))
const unknown = chosen.filter((word) => !existsSync(join(ROOT, pathOf(word))))
if (unknown.length > 0) {
  say(`${unknown.join(', ')} is neither a file of test/docker nor an engine: ${Object.keys(ENGINES).join(', ')}`)
  process.exit(1)
}

for (const name of names) {
  const engine = ENGINES[name]
  if (engine && !(await test(name, engine))) process.exitCode = 1
}
writeReport()

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** Whether every test passed. */
async function test(name: string, engine: LabEngine): Promise<boolean> {
  say(`\n== ${engine.title}`)
  for (const [file, reason] of Object.entries(engine.leftOut)) say(`- ${file}: left out, it ${reason}`)
  const started = Date.now()
  const secondsSince = () => Math.round((Date.now() - started) / 1000)
  const lab = startLabEngine(engine)
  const told = (file: FileResult) => say(lineOf(explain(file, engine.differs), secondsSince()))
  try {
    if (chosen.length === 0) lab.node('scripts/setup.mjs')
    lab.node('test/engines/prepare.ts')
    const run = async (subjects: string[], jobs?: number) =>
      (await lab.test(subjects, told, jobs)).map((file) => explain(file, engine.differs))
    const date = new Date(started).toISOString().slice(0, 10)
    const version = await lab.version()
    const keepThese = (found: FileResult[]) => keep(name, { ...version, date, seconds: secondsSince(), files: found })
    const once = await run(filesFor(engine))
    // The retries may be cut off.
    keepThese(once)
    const again = once.filter(({ ok }) => !ok).map(({ file }) => file)
    // Many files in parallel may run into timeouts, one alone does not.
    if (again.length > 0) say('-- what failed, once more, one at a time')
    const files = [...once.filter(({ ok }) => ok), ...(again.length > 0 ? await run(again, 1) : [])]
    keepThese(files)
    const failed = files.filter(({ ok }) => !ok).length
    say(`== ${engine.title}: ${failed === 0 ? 'passed' : `${failed} files failed`} in ${secondsSince()} s`)
    return failed === 0
  } finally {
    lab.stop()
  }
}

/** Results of files that did not run stay as they were. */
function keep(name: string, result: EngineResult): void {
  const known = chosen.length > 0 ? storedResult(name) : undefined
  const kept = (known?.files ?? []).filter(({ file }) => !result.files.some((tested) => tested.file === file))
  const files = [...kept, ...result.files].toSorted((one, other) => one.file.localeCompare(other.file))
  storeResult(name, { ...result, seconds: known?.seconds ?? result.seconds, files })
}

function lineOf({ file, ok, passed, failed, skipped, different }: FileResult, seconds: number): string {
  const differences = different.map(({ name, reason }) => `\n    differs: ${name}: ${reason}`)
  const reasons = skipped.map(({ name, reason }) => `\n    skipped: ${name}: ${reason}`)
  const failures = failed.map((name) => `\n    failed: ${name}`)
  return [
    `${ok ? '✓' : '✗'} ${file} (${passed} passed, at ${seconds} s)`,
    ...failures,
    ...differences,
    ...reasons
  ].join('')
}

function filesFor({ leftOut }: LabEngine): string[] {
  const files = readdirSync(join(ROOT, 'test/docker')).filter((file) => file.endsWith('.test.ts'))
  const subjects = files.map((file) => file.replace('.test.ts', ''))
  const wanted = chosen.length > 0 ? chosen : subjects
  return wanted.filter((subject) => !(subject in leftOut)).map(pathOf)
}

function pathOf(subject: string): string {
  return `test/docker/${subject}.test.ts`
}
