// Installs the requirements of `npm start`, `npm test` and `npm run dev` that are missing. With `--dev` this includes the
// packages for development.
// This half must run on any Node from 20 on with an empty node_modules: plain JavaScript, no dependencies.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { step } from './step.mjs'

const NODE_MAJOR = 24
const TARBALL = /http fetch GET 200 \S+\.tgz /g

process.chdir(fileURLToPath(new URL('..', import.meta.url)))

const isNewEnough = Number(process.versions.node.split('.')[0]) >= NODE_MAJOR
const comesWithNode = process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch)
if (!isNewEnough && !comesWithNode) {
  fail(`Berth needs Node ${NODE_MAJOR} or newer, and this is ${process.version}: get it from https://nodejs.org.`)
}

const wantsDev = process.argv.includes('--dev')
if (!isInstalled('.', !wantsDev)) {
  // Once they are there, an update keeps them.
  await install('.', !wantsDev && !existsSync('node_modules/tap'))
  // tap puts its plugins together once; without this its first run would do so and fail.
  if (wantsDev) await step('preparing the test runner', () => npm(['run', 'prepare'], '.'))
}
if (!isInstalled('images/base-api-server', true)) await install('images/base-api-server', true)

if (isNewEnough) {
  await import('./prepare.ts')
} else {
  const { code } = await run('node_modules/.bin/node', ['scripts/prepare.ts'], { stdio: 'inherit' })
  process.exitCode = code ?? 1
}

/** Whether node_modules matches the lock file, according to npm's own record of its installation. */
function isInstalled(folder, withoutDev) {
  const wanted = packagesOf(join(folder, 'package-lock.json'))
  const found = packagesOf(join(folder, 'node_modules/.package-lock.json'))
  return Object.entries(wanted).every(([path, { version, integrity, optional, dev }]) => {
    if (path === '') return true
    const mayBeMissing = (optional && !isForThisMachine(path, wanted[''])) || (dev && withoutDev)
    return found[path] ? found[path].version === version && found[path].integrity === integrity : mayBeMissing
  })
}

/** Berth's own optional packages: Node for one machine, and the build tools of the dashboard. */
function isForThisMachine(path, { optionalDependencies = {} }) {
  const name = path.replace('node_modules/', '')
  const isNode = name.startsWith('node-linux-')
  return name in optionalDependencies && (!isNode || name === `node-${process.platform}-${process.arch}`)
}

function packagesOf(lockFile) {
  return existsSync(lockFile) ? JSON.parse(readFileSync(lockFile, 'utf8')).packages : {}
}

function install(folder, withoutDev) {
  const wanted = Object.values(packagesOf(join(folder, 'package-lock.json')))
  const count = wanted.filter(({ dev, optional }) => !optional && !(dev && withoutDev)).length
  const which = `packages${withoutDev ? '' : ', those for development included,'}${folder === '.' ? '' : ` of ${folder}`}`
  return step(`installing ${which} (npm ci)`, (at) => {
    const omit = withoutDev ? ['--omit=dev'] : []
    const onOutput = (text) => at(`${text.match(TARBALL)?.length ?? 0} of about ${count} fetched`)
    return npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=http', ...omit], folder, onOutput)
  })
}

async function npm(args, cwd, onOutput = () => {}) {
  const { code, output } = await run('npm', args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] }, onOutput)
  if (code === 0) return

  const lines = output.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('npm http '))
  fail(`\`npm ${args.join(' ')}\` failed${cwd === '.' ? '' : ` in ${cwd}`}:\n${lines.slice(-15).join('\n')}`)
}

/** A signal to the setup also ends its child processes. */
async function run(command, args, options, onOutput = () => {}) {
  const child = spawn(command, args, options)
  const pass = (signal) => child.kill(signal)
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, pass)
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text) => onOutput((output += text)))
  const [code, signal] = await new Promise((resolve) => {
    child.once('close', (...end) => resolve(end))
    child.once('error', (error) => {
      output += error.message
      resolve([1])
    })
  })
  for (const name of ['SIGINT', 'SIGTERM']) process.off(name, pass)
  if (signal) process.kill(process.pid, signal)
  return { code, output }
}

function fail(message) {
  console.error(`setup: ${message}`)
  process.exit(1)
}
