// The conformance suite of the Model Context Protocol, run on a live server with the engine in memory.

import { execFile } from 'node:child_process'
import { globSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { serveCli } from '../helpers/cli.ts'
import { makeFolder } from '../helpers/folder.ts'

const SUITE = join(import.meta.dirname, '../../node_modules/@modelcontextprotocol/conformance/dist/index.js')

/** Every scenario about what Berth has: tools, and no prompts, resources, sampling or elicitation. */
const SCENARIOS: [revision: string, names: string[]][] = [
  [
    '2026-07-28',
    [
      'server-stateless',
      'tools-list',
      'http-header-validation',
      'dns-rebinding-protection',
      'server-sse-multiple-streams'
    ]
  ],
  ['2025-11-25', ['server-initialize', 'ping', 'tools-list', 'dns-rebinding-protection']]
]
/** Checks that call diagnostic tools, which a server has for this suite only. */
const NOT_TESTABLE = new Set([
  'sep-2575-server-rejects-undeclared-capability',
  'sep-2575-missing-capability-http-400',
  'sep-2575-http-server-no-independent-requests-on-stream',
  'sep-2575-server-no-log-without-loglevel'
])

type Check = { id: string; status: string; errorMessage?: string }

const { url } = await serveCli(t)
const folder = makeFolder('mcp')
t.teardown(() => rmSync(folder, { recursive: true }))

for (const [revision, names] of SCENARIOS)
  for (const name of names)
    t.test(`${revision} ${name}`, async (t) => {
      const checks = await play(revision, name)
      t.ok(
        checks.some(({ status }) => status === 'SUCCESS'),
        'something was checked'
      )
      t.strictSame(
        checks.filter(({ id, status }) => status === 'FAILURE' && !NOT_TESTABLE.has(id)),
        []
      )
    })

async function play(revision: string, name: string): Promise<Check[]> {
  const results = join(folder, revision, name)
  const words = ['--url', `${url}/mcp`, '--spec-version', revision, '--scenario', name, '--output-dir', results]
  // tap puts a loader of its own into every Node that a test starts, and the suite needs none.
  const { NODE_OPTIONS: _, ...env } = process.env
  // It exits with 1 when any check fails, also those that are not testable.
  const ended = await promisify(execFile)(process.execPath, [SUITE, 'server', ...words], { env }).catch(String)
  const [file] = globSync(join(results, '**/checks.json'))
  if (file === undefined) throw new Error(`The suite wrote no checks: ${JSON.stringify(ended)}`)
  return JSON.parse(readFileSync(file, 'utf8')) as Check[]
}
