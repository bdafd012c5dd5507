// What `npm start`, `npm test` and `npm run dev` need before they can run. Does only what is missing.
// This half may meet any Node from 20 on and an empty node_modules: plain JavaScript, no dependencies.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const NODE_MAJOR = 24

process.chdir(fileURLToPath(new URL('..', import.meta.url)))

const isNewEnough = Number(process.versions.node.split('.')[0]) >= NODE_MAJOR
const comesWithNode = process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch)
if (!isNewEnough && !comesWithNode) {
  fail(`Berth needs Node ${NODE_MAJOR} or newer, and this is ${process.version}: get it from https://nodejs.org.`)
}

if (!isInstalled('.', leavesDevOut())) {
  install('.')
  // tap puts its plugins together once; without this its first run would do so and fail.
  if (existsSync('node_modules/tap')) npm(['run', 'prepare'], '.')
}
if (!isInstalled('images/base-api-server', true)) install('images/base-api-server', '--omit=dev')

if (isNewEnough) {
  await import('./prepare.ts')
} else {
  const { status } = spawnSync('node_modules/.bin/node', ['scripts/prepare.ts'], { stdio: 'inherit' })
  process.exitCode = status ?? 1
}

/** Whether node_modules holds what the lock file says, as npm's own note of what it installed tells. */
function isInstalled(folder, withoutDev) {
  const wanted = packagesOf(join(folder, 'package-lock.json'))
  const found = packagesOf(join(folder, 'node_modules/.package-lock.json'))
  return Object.entries(wanted).every(([path, { version, integrity, optional, dev }]) => {
    if (path === '') return true
    const mayBeMissing = (optional && !isNodeOfThisMachine(path)) || (dev && withoutDev)
    return found[path] ? found[path].version === version && found[path].integrity === integrity : mayBeMissing
  })
}

function isNodeOfThisMachine(path) {
  return path === `node_modules/node-${process.platform}-${process.arch}`
}

function leavesDevOut() {
  return process.env.NODE_ENV === 'production' || (process.env.npm_config_omit ?? '').split(/\s+/).includes('dev')
}

function packagesOf(lockFile) {
  return existsSync(lockFile) ? JSON.parse(readFileSync(lockFile, 'utf8')).packages : {}
}

function install(folder, ...options) {
  console.log(`setup: installing packages${folder === '.' ? '' : ` of ${folder}`} (npm ci)`)
  npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund', ...options], folder)
}

function npm(args, cwd) {
  const { status, stdout, stderr, error } = spawnSync('npm', args, {
    cwd,
    encoding: 'utf8',
    shell: process.platform === 'win32'
  })
  if (status === 0) return

  const lines = `${stdout ?? ''}\n${stderr ?? ''}\n${error?.message ?? ''}`
    .split('\n')
    .filter((line) => line.trim() !== '')
  fail(`\`npm ${args.join(' ')}\` failed${cwd === '.' ? '' : ` in ${cwd}`}:\n${lines.slice(-15).join('\n')}`)
}

function fail(message) {
  console.error(`setup: ${message}`)
  process.exit(1)
}
