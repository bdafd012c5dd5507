// The examples that people copy, on a real engine: each file unchanged, with few students, and with busybox images in place
// of Redis and Python.

import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { docker, IMAGE, ignoreMissing, inBatches, TEST_LABEL } from '../helpers/engine.ts'
import { makeFolder } from '../helpers/folder.ts'
import { python } from '../helpers/python.ts'
import { portsOf, startServer, type Server } from '../helpers/server.ts'

const ROOT = join(import.meta.dirname, '../..')
const EXAMPLES = join(ROOT, 'docs/examples/clients')
const SERVES = '["sh", "-c", "mkdir -p /www; hostname > /www/index.html; exec httpd -f -p 5000 -h /www"]'
const own = (name: string) => `${name}-${process.pid}`

const home = makeFolder('examples')
const volumes: string[] = []
let server: Server
let env: NodeJS.ProcessEnv

t.jobs = 3
t.before(async () => {
  server = await startServer(t, {
    ports: portsOf('examples'),
    env: { BERTH_EXEC: 'true', BERTH_DEFAULT_IMAGE: own('example-workspace') }
  })
  const bin = join(home, 'bin')
  mkdirSync(bin)
  const cli = `#!/bin/sh\nexec env -u NODE_OPTIONS ${process.execPath} ${join(ROOT, 'src/cli/main.ts')} "$@"\n`
  writeFileSync(join(bin, 'berth'), cli, { mode: 0o755 })
  const { NODE_OPTIONS: _loaderOfTap, ...rest } = process.env
  env = {
    ...rest,
    HOME: home,
    PATH: `${bin}:${process.env.PATH}`,
    BERTH_URL: server.url,
    PYTHONPATH: join(ROOT, 'clients/python'),
    PYTHONDONTWRITEBYTECODE: '1'
  }
})
t.teardown(async () => {
  await server.removeAll()
  await inBatches(volumes, (name) => ignoreMissing(docker.getVolume(name).remove()))
  rmSync(home, { recursive: true })
})

/** A build folder with busybox and these lines. Its image and their containers are removed with the server. */
function folderOf(name: string, lines: string, files: Record<string, string> = {}): string {
  const folder = join(home, name)
  mkdirSync(folder)
  writeFileSync(join(folder, 'Dockerfile'), `FROM ${IMAGE}\nLABEL ${TEST_LABEL}=${server.mark}\n${lines}\n`)
  for (const [file, content] of Object.entries(files)) writeFileSync(join(folder, file), content, { mode: 0o755 })
  return folder
}

async function imageOf(name: string, lines: string, files?: Record<string, string>): Promise<string> {
  const image = own(name)
  await play('berth', ['build', folderOf(image, lines, files), '--tag', image])
  return image
}

const play = (program: string, argv: string[], { cwd = home, more = {} }: { cwd?: string; more?: object } = {}) =>
  promisify(execFile)(program, argv, { cwd, env: { ...env, ...more } })

t.test('a preview environment for each branch, recreated by its next commit', async (t) => {
  const app = folderOf(
    own('shop'),
    `COPY page /www/index.html\nEXPOSE 5000\nCMD ["httpd", "-f", "-p", "5000", "-h", "/www"]`
  )
  const git = (...argv: string[]) => execFileSync('git', argv, { cwd: app, env, stdio: 'pipe' })
  git('init', '--quiet')
  const preview = async (branch: string, page: string) => {
    git('checkout', '--quiet', '-B', branch)
    writeFileSync(join(app, 'page'), page)
    git('-c', 'user.name=t', '-c', 'user.email=t@t', 'commit', '--quiet', '--allow-empty', '--message', page)
    const name = `preview-${branch.toLowerCase().replaceAll('/', '-')}`
    const { stdout } = await play('bash', [join(EXAMPLES, 'preview.sh')], { cwd: app })
    t.ok(stdout.includes(`\n${name}  http`), stdout)
    return stdout.trim().split(/\s+/).at(-1) ?? ''
  }
  const one = await preview(own('Feature/one'), 'first')
  const other = await preview(own('two'), 'second')
  t.equal(await textOf(one), 'first')
  t.equal(await textOf(other), 'second', 'branches do not share an image')
  t.equal(await textOf(await preview(own('two'), 'third')), 'third')
  t.equal(await textOf(one), 'first', 'the other branch stays as it is')
})

t.test('a classroom, which a second run leaves unchanged', async (t) => {
  await imageOf('example-workspace', `EXPOSE 5000\nCMD ${SERVES}`)
  const students = ['ada', 'grace'].map(own)
  volumes.push(...students.map((name) => `home-${name}`))
  const open = async () => (await play(process.execPath, [join(EXAMPLES, 'classroom.ts'), ...students])).stdout
  const doors = await open()
  const urls = doors
    .trim()
    .split('\n')
    .map((line) => line.split(/\s+/)[1] ?? '')
  t.equal(new Set(await Promise.all(urls.map(textOf))).size, students.length, 'each has a workspace that answers')
  t.equal(await open(), doors)
})

t.test('a sandbox returns the output and the files of a program', async (t) => {
  const image = await imageOf('example-python', 'COPY python /bin/python', { python: '#!/bin/sh\nexec sh "$1"\n' })
  const program = join(home, 'program.py')
  writeFileSync(program, 'echo to you\necho of me >&2\nwget -q -T 2 -O - http://127.0.0.1 || echo 42 > result.json\n')
  const sandbox = [join(EXAMPLES, 'sandbox.py'), program, 'result.json']
  const { stdout, stderr } = await play(python(), sandbox, { more: { SANDBOX_IMAGE: image } })
  t.equal(stdout, 'to you\n')
  t.match(stderr, /^of me$/m)
  t.equal(readFileSync(join(home, 'result.json'), 'utf8'), '42\n')
  const { body } = await server.get<{ image: string }[]>('/containers')
  t.notOk(
    body.some((each) => each.image.startsWith(image)),
    'the container is gone'
  )
})

t.test('a game server on TCP and UDP, with its world in a volume', async (t) => {
  const image = await imageOf('example-game', 'CMD ["nc", "-ll", "-p", "27015", "-e", "cat"]')
  const evening = own('evening')
  volumes.push(`world-${evening}`)
  const { stdout } = await play('bash', [join(EXAMPLES, 'game-server.sh'), image, evening])
  const game = JSON.parse(stdout.slice(stdout.indexOf('{'))) as { ports: Record<string, string> }
  t.match(game, { volumes: [{ source: `world-${evening}`, target: '/data' }], ports: { '27015/udp': String } })
  const [host = '', port] = game.ports['27015/tcp']?.split(':') ?? []
  const socket = connect(Number(port), host)
  socket.write('hello')
  const [reply] = await Array.fromAsync(socket.take(1))
  t.equal(String(reply), 'hello')
})

t.test('an integration test with a database of its own', async (t) => {
  const answers = String.raw`CMD ["nc", "-ll", "-p", "6379", "-e", "printf", "+PONG\\r\\n"]`
  const image = await imageOf('example-redis', `EXPOSE 6379\n${answers}`)
  const { stdout } = await play(process.execPath, ['--test', join(EXAMPLES, 'integration.ts')], {
    more: { REDIS_IMAGE: image }
  })
  t.match(stdout, /^. pass 1$/m)
  t.notMatch(stdout, /^. fail [^0]$/m)
})

const textOf = async (url: string) => (await fetch(url)).text()
