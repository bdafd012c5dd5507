// `npm run test:generators`: clients that five generators make of docs/openapi.json compile strictly and work on a live
// server, and Spectral finds nothing in it that spectral.yaml does not answer. Their packages are no part of this project; they are fetched into node_modules/.cache.

import { execFileSync, fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CLIENTS } from './clients.ts'

const ROOT = join(import.meta.dirname, '../..')
const FOLDER = join(ROOT, 'node_modules/.cache/generators')
const PACKAGES = {
  '@hey-api/openapi-ts': '0.95.0',
  '@stoplight/spectral-cli': '6.16.3',
  '@stoplight/spectral-owasp-ruleset': '2.0.1',
  '@types/node': '24.19.2',
  '@zodios/core': '10.9.6',
  axios: '1.21.1',
  oazapfts: '7.5.0',
  '@oazapfts/runtime': '1.2.0',
  'openapi-fetch': '0.17.0',
  'openapi-typescript': '7.13.0',
  'openapi-zod-client': '1.18.3',
  orval: '7.13.2',
  typescript: '5.9.3',
  zod: '3.25.76'
}
const TSCONFIG = {
  compilerOptions: {
    strict: true,
    noEmit: true,
    target: 'es2023',
    module: 'esnext',
    moduleResolution: 'bundler',
    lib: ['es2023', 'dom', 'dom.iterable', 'dom.asynciterable'],
    skipLibCheck: true,
    allowImportingTsExtensions: true,
    types: ['node']
  }
}

const run = (command: string, ...args: string[]) => execFileSync(command, args, { cwd: FOLDER, stdio: 'pipe' })
const say = (line: string) => void process.stdout.write(`${line}\n`)

const { server, base } = await startServer()
try {
  layOut()
  run(join(FOLDER, 'node_modules/.bin/spectral'), 'lint', 'openapi.json', '-r', 'spectral.yaml', '-F', 'hint')
  say('spectral: nothing found')
  for (const { name, generate } of CLIENTS) {
    const [program = '', ...args] = generate
    run(join(FOLDER, 'node_modules/.bin', program), ...args)
    say(`${name}: generated`)
  }
  run(join(FOLDER, 'node_modules/.bin/tsc'), '-p', '.')
  say('all compile with strict')
  for (const [index, { name }] of CLIENTS.entries()) {
    tryOut(index)
    say(`${name}: made, listed, watched, failed and removed a container`)
  }
} catch (error) {
  const { stdout, stderr } = error as { stdout?: Buffer; stderr?: Buffer }
  say([String(error), stdout, stderr].filter(Boolean).join('\n'))
  process.exitCode = 1
} finally {
  server.kill()
}

/** The user programs beside their imports. */
function layOut(): void {
  mkdirSync(FOLDER, { recursive: true })
  for (const made of ['openapi-typescript', 'hey-api', 'orval', 'oazapfts.ts', 'zod-client.ts'])
    rmSync(join(FOLDER, made), { recursive: true, force: true })
  writeFileSync(join(FOLDER, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies: PACKAGES }))
  writeFileSync(join(FOLDER, 'tsconfig.json'), JSON.stringify(TSCONFIG))
  const output = { target: './orval/api.ts', client: 'fetch', baseUrl: base }
  writeFileSync(
    join(FOLDER, 'orval.config.cjs'),
    `module.exports = ${JSON.stringify({ berth: { input: './openapi.json', output } })}\n`
  )
  copyFileSync(join(ROOT, 'docs/openapi.json'), join(FOLDER, 'openapi.json'))
  copyFileSync(join(ROOT, 'spectral.yaml'), join(FOLDER, 'spectral.yaml'))
  for (const [index, { program }] of CLIENTS.entries()) writeFileSync(join(FOLDER, `client-${index}.ts`), program)
  run('npm', 'install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-save')
}

/** Generated imports omit the file extension that Node requires, so they are bundled into one file without the packages. */
function tryOut(index: number): void {
  run(
    join(FOLDER, 'node_modules/.bin/esbuild'),
    `client-${index}.ts`,
    '--bundle',
    '--packages=external',
    '--platform=node',
    '--format=esm',
    `--outfile=client-${index}.mjs`,
    '--log-level=error'
  )
  run(process.execPath, `client-${index}.mjs`, base)
}

async function startServer(): Promise<{ server: ChildProcess; base: string }> {
  const server = fork(join(ROOT, 'test/helpers/memory-server.ts'), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const [port] = (await once(server, 'message')) as [number]
  return { server, base: `http://127.0.0.1:${port}` }
}
