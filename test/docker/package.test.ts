// The npm package as users get it, in a folder without the repository: its berth doctor, serve and run on a real engine.
// Its dependencies are those of the clone. With BERTH_TEST_FULL=1 npm installs the tarball and its dependencies instead.

import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync
} from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { makePackage, PACKAGE_NAME, packTarball } from '../../scripts/package.ts'
import { docker, IMAGE, removeAllOf, removeLeftOvers, TEST_LABEL } from '../helpers/engine.ts'
import { makeFolder } from '../helpers/folder.ts'
import { prepareImage } from '../helpers/images.ts'
import { freePort, portsOf } from '../helpers/port-ranges.ts'

const PROJECT = join(import.meta.dirname, '../..')
const isFull = process.env.BERTH_TEST_FULL !== undefined
const mark = `${process.pid}-package`
const ports = portsOf('package')
const port = freePort()

const home = makeFolder('package')
const packed = join(home, 'packed')
const user = join(home, 'user')
const installed = join(user, 'node_modules', PACKAGE_NAME)
const bin = join(installed, 'lib/cli/main.js')
const env = {
  PATH: process.env.PATH,
  HOME: home,
  DOCKER_HOST: process.env.DOCKER_HOST,
  BERTH_PORT: String(port),
  BERTH_GRPC_PORT: 'off',
  BERTH_PORT_RANGE: `${ports.first}-${ports.last}`
}

t.before(async () => {
  await prepareImage()
  await removeLeftOvers()
  await makePackage(packed)
  mkdirSync(user)
  if (isFull) {
    const tarball = await packTarball(packed, home)
    writeFileSync(join(user, 'package.json'), '{}')
    // With the certificates and configuration of the current user, which a machine behind a proxy needs.
    const { NODE_OPTIONS: _loaderOfTap, ...own } = process.env
    execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', tarball], { cwd: user, env: own })
  } else layOut()
})
t.teardown(async () => {
  await removeAllOf(mark)
  rmSync(home, { recursive: true })
})

/** As npm would, except that the packages are links to existing ones. */
function layOut(): void {
  cpSync(packed, installed, { recursive: true })
  const { dependencies } = JSON.parse(readFileSync(join(packed, 'package.json'), 'utf8')) as { dependencies: object }
  for (const name of Object.keys(dependencies)) {
    const link = join(user, 'node_modules', name)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(join(PROJECT, 'node_modules', name), link)
  }
}

// tap puts its own loader into every Node that a test starts. Users have none.
const NODE = ['-u', 'NODE_OPTIONS', process.execPath]
const berth = async (...argv: string[]) => promisify(execFile)('env', [...NODE, bin, ...argv], { cwd: user, env })

t.test('the package has the code, the types of the client, and no tests', async (t) => {
  const files = globSync('**/*', { cwd: packed, withFileTypes: true }).filter((entry) => entry.isFile())
  const names = files.map(({ parentPath, name }) => join(parentPath, name).slice(packed.length + 1))
  t.strictSame(
    names.filter((name) => /\.tsx?$/.test(name) && !name.endsWith('.d.ts')),
    []
  )
  t.strictSame(
    names.filter((name) => name.includes('test')),
    []
  )
  t.ok(names.includes('dist/dashboard/index.html'))
  t.ok(names.includes('lib/client/index.d.ts'))
  t.equal(statSync(join(packed, 'lib/cli/main.js')).mode & 0o111, 0o111, 'npx runs it')
  // Packed it is a fifth of that. The full form asks npm.
  const total = names.reduce((sum, name) => sum + statSync(join(packed, name)).size, 0)
  t.ok(total < 8 * 1024 ** 2, `${total} bytes`)
  if (isFull) t.ok(statSync(globSync(join(home, '*.tgz'))[0] ?? '').size < 2 * 1024 ** 2)
})

t.test('doctor, serve and run, without the repository', async (t) => {
  t.match((await berth('doctor')).stdout, /Engine.*answers.*\n.*Port.*is free for the server/s)
  const start = performance.now()
  const server = spawn('env', [...NODE, bin, 'serve'], { cwd: user, env, stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => server.kill('SIGKILL'))
  let output = ''
  for await (const piece of server.stdout) if ((output += String(piece)).includes('Berth is up')) break
  t.comment(`served after ${Math.round(performance.now() - start)} ms`)
  t.ok(existsSync(join(home, '.local/share/berth')), 'its data has its own folder')
  t.equal((await fetch(`http://127.0.0.1:${port}/dashboard`)).status, 200)

  const folder = join(home, `hello-${process.pid}`)
  t.teardown(() => docker.getImage(`hello-${process.pid}`).remove({ force: true }))
  mkdirSync(folder)
  writeFileSync(join(folder, 'index.html'), 'hello from a folder')
  writeFileSync(
    join(folder, 'Dockerfile'),
    `FROM ${IMAGE}\nCOPY . /www\nEXPOSE 5000\nCMD ["httpd", "-f", "-p", "5000", "-h", "/www"]\n`
  )
  const { stdout } = await berth('run', folder, '--wait', 'http', '--label', `${TEST_LABEL}=${mark}`)
  const url = stdout.trim().split(/\s+/).at(-1) ?? ''
  t.equal(await (await fetch(url)).text(), 'hello from a folder')
  t.match((await berth('doctor')).stdout, /Server.*version/)
  await berth('rm', '-f', stdout.split(' ')[0] ?? '')

  server.kill('SIGTERM')
  t.strictSame(await once(server, 'exit'), [0, null], 'the server itself gets the signal')
})

t.test('up waits for its timeout, and down ends the server of up', async (t) => {
  const refused = await berth('up', '--json', '--wait-timeout', '0.01s').catch((error: { stderr: string }) => error)
  t.match(JSON.parse(refused.stderr), { code: 'COMMAND_FAILED', detail: /after 0\.01 s\. See .*server\.log/ })
  const { url, pid } = JSON.parse((await berth('up', '--json')).stdout)
  t.equal((await fetch(`${url}/health`)).status, 200)
  t.match(JSON.parse((await berth('up', '--json')).stdout), { url, pid: null })
  t.match(JSON.parse((await berth('down', '--json')).stdout), { pid, ended: true })
})

t.test('the client is imported by its package name', async (t) => {
  writeFileSync(
    join(user, 'own.mjs'),
    `import { createClient } from '${PACKAGE_NAME}'; console.log(typeof createClient().listContainers)`
  )
  t.equal(execFileSync(process.execPath, [join(user, 'own.mjs')], { encoding: 'utf8', env }).trim(), 'function')
})
