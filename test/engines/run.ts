// `npm run test:engines [-- NAME...]`: the tests of test/docker on every engine, or on those that are named. What each
// engine answered is kept in results/, so that docs/engines.md can be written from runs at different times.

import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { installFor } from '../helpers/debian.ts'
import { connect } from '../helpers/engine.ts'
import { ENGINES, type LabEngine } from './engines.ts'
import { writeReport } from './report.ts'
import { readResults, type EngineResult, type FileResult } from './results.ts'

const ROOT = join(import.meta.dirname, '../..')
const LAB = join(import.meta.dirname, 'lab.sh')
const RESULTS = join(import.meta.dirname, 'results')

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(ENGINES)
const unknown = names.filter((name) => !(name in ENGINES))
if (unknown.length > 0) {
  say(`There is no engine ${unknown.join(', ')}. Choose from: ${Object.keys(ENGINES).join(', ')}`)
  process.exit(1)
}

for (const purpose of ['engines', 'registry', 'busybox'] as const) installFor(purpose)
for (const name of names) {
  const engine = ENGINES[name]
  if (engine && !(await test(name, engine))) process.exitCode = 1
}
writeReport()

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** Whether all that was run passed. */
async function test(name: string, engine: LabEngine): Promise<boolean> {
  const { title, lab, suite, kind, leftOut } = engine
  say(`\n== ${title}`)
  for (const [file, reason] of Object.entries(leftOut)) say(`- ${file}: left out, it ${reason}`)
  const started = Date.now()
  const secondsSince = () => Math.round((Date.now() - started) / 1000)
  try {
    execFileSync(LAB, ['up', lab, suite, kind], { stdio: 'inherit' })
    execFileSync(LAB, ['run', lab, process.execPath, 'scripts/setup.mjs'], { cwd: ROOT, stdio: 'inherit' })
    const tap = spawn(LAB, ['run', lab, 'tap', '--reporter=tap', ...filesFor(engine)], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'inherit']
    })
    const files = await readResults(tap.stdout, (file) => say(lineOf(file, secondsSince())))
    const result: EngineResult = {
      ...(await versionOf(lab)),
      date: new Date(started).toISOString().slice(0, 10),
      seconds: secondsSince(),
      files
    }
    mkdirSync(RESULTS, { recursive: true })
    writeFileSync(join(RESULTS, `${name}.json`), `${JSON.stringify(result, null, 2)}\n`)
    const failed = files.filter(({ ok }) => !ok).length
    say(`== ${title}: ${failed === 0 ? 'passed' : `${failed} files failed`} in ${result.seconds} s`)
    return failed === 0
  } finally {
    execFileSync(LAB, ['down', lab], { stdio: 'inherit' })
  }
}

function lineOf({ file, ok, passed, failed, skipped }: FileResult, seconds: number): string {
  const reasons = skipped.map(({ name, reason }) => `\n    skipped: ${name}: ${reason}`)
  const failures = failed.map((name) => `\n    failed: ${name}`)
  return [`${ok ? '✓' : '✗'} ${file} (${passed} passed, at ${seconds} s)`, ...failures, ...reasons].join('')
}

async function versionOf(lab: string): Promise<{ version: string; api: string }> {
  const host = execFileSync(LAB, ['run', lab, 'printenv', 'DOCKER_HOST'], { encoding: 'utf8' })
  const { Version: version, ApiVersion: api } = await connect(host.trim().replace('unix://', '')).version()
  return { version, api }
}

function filesFor({ leftOut }: LabEngine): string[] {
  const files = readdirSync(join(ROOT, 'test/docker')).filter((file) => file.endsWith('.test.ts'))
  return files.filter((file) => !(file.replace('.test.ts', '') in leftOut)).map((file) => `test/docker/${file}`)
}
