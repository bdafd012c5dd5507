// Writes docs/engines.md from the results of the last runs.

import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ENGINES } from './engines.ts'
import { storedResult, subjectOf, testOf, type EngineResult, type FileResult } from './results.ts'

const TESTS = join(import.meta.dirname, '../docker')
const PAGE = join(import.meta.dirname, '../../docs/engines.md')

const HEAD = `# Engines

Berth is tested on real engines: \`npm run test:engines\` runs the files of \`test/docker\` on each engine below and
writes this page. \`npm run test:engines -- docker-28.5-containerd\` tests one and keeps the results of the others. The
command needs root on Debian. All results are from machines with cgroup v1. [engines-notes.md](engines-notes.md) has the
manual tests.
`

export function writeReport(): void {
  const engines = Object.entries(ENGINES).map(([name, engine]) => ({ ...engine, result: storedResult(name) }))
  const rows = engines.map(({ title, result, leftOut }) => `| ${[title, ...cellsOf(result, leftOut)].join(' | ')} |`)
  const table = ['| Engine | Version | API | Files that pass | Tested |', '|---|---|---|---|---|', ...rows].join('\n')
  const sections = engines.map(
    ({ title, result, leftOut }) => `## ${title}\n\n${result ? describe(result, leftOut) : 'Not tested yet.'}`
  )
  writeFileSync(PAGE, `${[HEAD.trimEnd(), table, ...sections].join('\n\n')}\n`)
}

/** The total includes files without a result. */
function cellsOf(result: EngineResult | undefined, leftOut: Record<string, string>): string[] {
  if (!result) return ['', '', '', 'not yet']
  const passed = result.files.filter(({ ok }) => ok).length
  const all = result.files.length + notRun(result.files, leftOut).length
  return [result.version, result.api, `${passed} of ${all}`, `${result.date}, ${result.seconds} s`]
}

function describe({ files }: EngineResult, leftOut: Record<string, string>): string {
  const lists = {
    Pass: files.filter(({ ok }) => ok).map(({ file }) => subjectOf(file)),
    Fail: files.filter(({ ok }) => !ok).flatMap(failuresOf),
    Different: files.flatMap(({ file, different }) =>
      different.map(({ name, reason }) => `${subjectOf(file)}, ${name}: ${reason}`)
    ),
    'Cannot run there': files.flatMap(({ file, skipped }) =>
      skipped.map(({ name, reason }) => `${subjectOf(file)}, ${testOf(name)}: ${reason}`)
    ),
    'No result yet': notRun(files, leftOut),
    'Left out': Object.entries(leftOut).map(([file, reason]) => `${file} ${reason}`)
  }
  return Object.entries(lists)
    .filter(([, items]) => items.length > 0)
    .map(([title, items]) =>
      items === lists.Pass || items === lists['No result yet'] ? `${title}: ${items.join(', ')}.` : asList(title, items)
    )
    .join('\n\n')
}

function notRun(files: FileResult[], leftOut: Record<string, string>): string[] {
  const subjects = readdirSync(TESTS).map((file) => file.replace('.test.ts', ''))
  const run = new Set(files.map(({ file }) => subjectOf(file)))
  return subjects.filter((subject) => !run.has(subject) && !(subject in leftOut))
}

const asList = (title: string, items: string[]) => `${title}:\n\n${items.map((item) => `- ${item}`).join('\n')}`
const failuresOf = ({ file, failed }: FileResult) =>
  [...new Set(failed.map(testOf))].map((test) => `${subjectOf(file)}: ${test}`)
