// `npm run test:mcp`: the conformance suite of the Model Context Protocol, run on a live server with the engine in memory. Its
// packages are no part of this project; they are fetched into node_modules/.cache.

import { execFileSync, fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '../..')
const FOLDER = join(ROOT, 'node_modules/.cache/mcp-conformance')
const PACKAGES = { '@modelcontextprotocol/conformance': '0.2.0-alpha.12' }

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

mkdirSync(FOLDER, { recursive: true })
writeFileSync(join(FOLDER, 'package.json'), JSON.stringify({ private: true, dependencies: PACKAGES }))
execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-save'], {
  cwd: FOLDER,
  stdio: 'pipe'
})
const server = fork(join(ROOT, 'test/helpers/memory-server.ts'), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
try {
  const [port] = (await once(server, 'message')) as [number]
  for (const [revision, names] of SCENARIOS)
    for (const name of names) run(`http://127.0.0.1:${port}/mcp`, revision, name)
} finally {
  server.kill()
}

function run(url: string, revision: string, name: string): void {
  const out = join(FOLDER, 'results')
  rmSync(out, { recursive: true, force: true })
  const suite = join(FOLDER, 'node_modules/@modelcontextprotocol/conformance/dist/index.js')
  spawnSync(process.execPath, [
    suite,
    'server',
    '--url',
    url,
    '--scenario',
    name,
    '--spec-version',
    revision,
    '-o',
    out
  ])
  const [file] = globSync(join(out, '**/checks.json'))
  const checks = file === undefined ? [] : (JSON.parse(readFileSync(file, 'utf8')) as Check[])
  const failed = checks.filter(({ id, status }) => status === 'FAILURE' && !NOT_TESTABLE.has(id))
  const passed = checks.filter(({ status }) => status === 'SUCCESS').length
  process.stdout.write(`${revision} ${name}: ${passed} passed, ${failed.length} failed\n`)
  for (const { id, errorMessage } of failed) process.stdout.write(`  ${id}: ${errorMessage}\n`)
  if (failed.length > 0 || passed === 0) process.exitCode = 1
}
