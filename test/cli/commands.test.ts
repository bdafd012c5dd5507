// Commands against a live server: their output and exit codes.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { berth, serveCli } from '../helpers/cli.ts'
import { makeFolder } from '../helpers/folder.ts'
import { until } from '../helpers/until.ts'

t.test('a container from run to rm', async (t) => {
  const { berth } = await serveCli(t)
  const ran = await berth([
    'run',
    'base-api-server:latest',
    '--name',
    'shop',
    '-e',
    'A=1',
    '--label',
    'team=red',
    '-m',
    '256m'
  ])
  t.match(ran, { code: 0, out: /^shop  http:\/\/127\.0\.0\.1:\d+\n$/ })

  const listed = JSON.parse((await berth(['ps', '--json'])).out)
  t.match(listed, [{ name: 'shop', labels: { team: 'red' }, limits: { memory: 256 * 1024 ** 2 } }])
  const table = await berth(['ps', '--filter', 'team=red'])
  t.match(table.out, /^NAME +ID +STATE +IMAGE +URL +CREATED\nshop +[0-9a-f]{12} +running +base-api-server:latest +http/)
  t.match(await berth(['ps', '-q']), { out: `${listed[0].id}\n` })

  t.match(await berth(['stop', 'shop', '--time', '1']), { code: 0, out: 'shop\n' })
  t.match(await berth(['ps', '-q']), { out: '\n' })
  t.match(await berth(['ps', '--all']), { out: /shop +\w+ +exited/ })
  t.match(await berth(['start', 'shop']), { code: 0 })
  t.match(
    await berth(['restart', 'shop', 'nobody', '--json']),
    { code: 5, out: /"name":"shop"/, err: /nobody/ },
    'the others are done'
  )
  t.match(await berth(['inspect', 'shop']), { out: /"restart_count"/ })
  t.match(await berth(['run', 'base-api-server:latest', '--name', 'shop']), { code: 6, err: /CONTAINER_NAME_TAKEN/ })
  t.match(await berth(['rm', 'shop']), { code: 6, err: /running/ })
  t.match(await berth(['rm', '-f', 'shop']), { code: 0, out: 'shop\n' })
  t.match(await berth(['inspect', 'shop']), { code: 5 })
})

t.test('errors: the message of the server, each field, and an exit code', async (t) => {
  const token = 't'.repeat(40)
  const server = await serveCli(t, { env: { BERTH_TOKEN: token } })
  t.match(await server.berth(['ps'], { env: { BERTH_TOKEN: undefined } }), { code: 4, err: /Set BERTH_TOKEN/ })
  t.match(await server.berth(['run', 'x', '--restart', 'maybe']), { code: 1, err: /restart/ })
  t.match(await server.berth(['exec', 'x', 'ls']), { code: 4, err: /EXEC_DISABLED|BERTH_EXEC/ })
  t.match(await berth(['ps'], { env: { BERTH_URL: 'http://127.0.0.1:9' } }), {
    code: 3,
    err: /127\.0\.0\.1:9 does not answer/
  })
})

t.test('logs: both streams, and following them', async (t) => {
  const { berth, engine, make } = await serveCli(t)
  const { full_id: id } = await make({ name: 'web' })
  engine.write(id, 'one')
  engine.write(id, 'two', 'stderr')
  t.match(await berth(['logs', 'web']), { code: 0, out: 'one\n', err: 'two\n' })
  t.match(await berth(['logs', 'web', '--json', '-n', '1']), {
    out: /^\{"stream":"stderr","timestamp":"[^"]+","line":"two"\}\n$/
  })
})

t.test('stats, ports and images', async (t) => {
  const { berth, make } = await serveCli(t, { env: { BERTH_PORT_RANGE: '8001-8080' } })
  await make({ name: 'shop' })
  t.match(await berth(['ports']), { out: /^ 8001 {2}■·{63}\n 8065 {2}·{16}\n\n· 79 free: nobody has it\n■ 1 bound/ })
  t.match(await berth(['ports']), { out: /8001 +bound +shop/ })
  t.match(await berth(['ports', '--udp']), { out: /· 80 free/ })
  t.match(await berth(['images']), { out: /^NAME +ID +SIZE/ })
  t.match(await berth(['stats', 'nobody', '--no-stream']), { code: 5 })
})

t.test('events arrive as they happen, until Ctrl-C', async (t) => {
  const { berth, make } = await serveCli(t)
  const stop = new AbortController()
  let seen = ''
  const running = berth(['events', '--type', 'container', '--since', '1m', '--json'], {
    signal: stop.signal,
    onOut: (text) => (seen = text)
  })
  await make({ name: 'shop' })
  await until(() => seen.includes('container.running'), 5_000).finally(() => stop.abort())
  t.match(await running, { code: 130, err: '' })
  t.equal(JSON.parse(seen.trim().split('\n')[0] ?? '').type.startsWith('container.'), true)
})

t.test('tokens are created, listed and revoked, and the trail names the caller', async (t) => {
  const { berth } = await serveCli(t, { env: { BERTH_TOKEN: 'o'.repeat(40) } })
  const made = await berth(['tokens', 'create', 'ci', '--scopes', 'read,containers:write', '--ttl', '90d'])
  t.match(made, { code: 0, out: /^berth_[\w-]+\n$/, err: /shown only once/ }, 'the secret alone is on stdout')
  t.match(await berth(['tokens', 'list']), { out: /ci +\w+ +read,containers:write/ })
  t.match(await berth(['tokens', 'create', 'ci', '--scopes', 'all']), { code: 1, err: /scopes/ })
  t.match(await berth(['tokens', 'revoke', 'ci']), { code: 0 })
  // An entry is written after its answer is sent.
  const trail = async () => (await berth(['audit', '--action', 'createToken'])).out
  await until(async () => /succeeded +operator +createToken/.test(await trail()), 10_000)
})

t.test('a folder is packed, built and run', async (t) => {
  const folder = makeFolder('app')
  t.teardown(() => rmSync(folder, { recursive: true }))
  const { berth } = await serveCli(t, { env: { BERTH_DATA_DIR: folder } })
  const app = join(folder, 'My App')
  mkdirSync(join(app, 'node_modules'), { recursive: true })
  writeFileSync(join(app, 'Dockerfile'), 'FROM scratch\nCOPY . .\n')
  writeFileSync(join(app, '.dockerignore'), 'node_modules\n')
  writeFileSync(join(app, 'node_modules/big'), 'x'.repeat(1_000_000))
  const built = await berth(['build', app, '--tag', 'team/web:2'])
  t.match(built, { code: 0, out: 'team/web:2\n' })
  const { context } = JSON.parse((await berth(['build', app, '--json'])).out)
  t.ok(context.bytes < 100_000, 'ignored files are not sent')
  t.match(await berth(['run', app, '--name', 'mine', '--memory', '64m']), { code: 0, out: /^mine/ })
  mkdirSync(join(folder, 'bare'))
  t.match(await berth(['run', join(folder, 'bare')]), { code: 2, err: /has no Dockerfile/ })
})

t.test('files are uploaded and downloaded', async (t) => {
  const folder = makeFolder('files')
  t.teardown(() => rmSync(folder, { recursive: true }))
  const { berth, make } = await serveCli(t, { env: { BERTH_EXEC: 'true' } })
  await make({ name: 'shop' })
  const at = (name: string) => join(folder, name)
  mkdirSync(at('site/css'), { recursive: true })
  writeFileSync(at('site/index.html'), '<p>')
  writeFileSync(at('site/css/a.css'), 'p{}')
  t.match(await berth(['cp', at('site/index.html'), 'shop:/tmp/page']), { code: 0 })
  t.match(await berth(['cp', 'shop:/tmp/page', at('back')]), { code: 0 })
  t.equal(readFileSync(at('back'), 'utf8'), '<p>')
  t.match(await berth(['cp', at('site'), 'shop:/tmp']), { code: 0 })
  t.match(await berth(['cp', 'shop:/tmp', at('new')]), { code: 0, err: /entries/ })
  t.equal(readFileSync(at('new/css/a.css'), 'utf8'), 'p{}')
  t.match(await berth(['cp', 'shop:/tmp/nothing', at('x')]), { code: 5 })
  t.match(await berth(['cp', at('missing'), 'shop:/tmp/x']), { code: 1, err: /ENOENT/ })
})

t.test('with --json each command prints JSON alone, and an error as a line of it on stderr', async (t) => {
  const folder = makeFolder('json')
  t.teardown(() => rmSync(folder, { recursive: true }))
  const { berth, make, url } = await serveCli(t, { env: { BERTH_EXEC: 'true' } })
  await make({ name: 'web' })
  writeFileSync(join(folder, 'page'), 'hello')
  const env = { XDG_CONFIG_HOME: folder }
  const calls = [
    ['ps'],
    ['inspect', 'web', 'web'],
    ['restart', 'web'],
    ['logs', 'web'],
    ['stats', 'web', '--no-stream'],
    ['cp', join(folder, 'page'), 'web:/tmp/page'],
    ['cp', 'web:/tmp/page', join(folder, 'back')],
    ['cp', 'web:/tmp', join(folder, 'all')],
    ['ports'],
    ['images'],
    ['tokens', 'list'],
    ['audit'],
    ['context', 'add', 'lab', url],
    ['context', 'use', 'lab'],
    ['context', 'list'],
    ['context', 'rm', 'lab'],
    ['completion', 'bash'],
    ['rm', '--force', 'web']
  ]
  for (const argv of calls) {
    const { code, out, err } = await berth([...argv, '--json'], { env })
    t.strictSame({ code, err }, { code: 0, err: '' }, argv.join(' '))
    t.doesNotThrow(() => jsonOf(out), argv.join(' '))
  }
  const refused: [argv: string[], code: string, exit: number][] = [
    [['inspect', 'web'], 'CONTAINER_NOT_FOUND', 5],
    [['rm', 'web'], 'CONTAINER_NOT_FOUND', 5],
    [['ps', '--frob'], 'USAGE', 2],
    [['cp', join(folder, 'missing'), 'web:/tmp/x'], 'COMMAND_FAILED', 1]
  ]
  for (const [argv, code, exit] of refused) {
    const ran = await berth([...argv, '--json'], { env })
    t.match({ ...ran, err: jsonOf(ran.err) }, { code: exit, out: '', err: [{ code, detail: String }] }, argv.join(' '))
  }
})

/** One value, or one value per line. */
function jsonOf(text: string): unknown[] {
  try {
    return [JSON.parse(text)]
  } catch {
    return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]))
  }
}

t.test('the user sets the timeout of run', async (t) => {
  const { berth } = await serveCli(t)
  const args = ['run', 'base-api-server:latest', '--wait', 'running', '--wait-timeout']
  t.match(await berth([...args, '6m']), { code: 1, err: /wait_timeout_seconds must be 300 or less|at most 300|<= 300/ })
  t.match(await berth([...args, 'soon']), { code: 2, err: /"soon" is no span of time/ })
  t.match(await berth([...args, '2m']), { code: 0 })
})

t.test('colours are for terminals, unless NO_COLOR is set', async (t) => {
  const { berth, make } = await serveCli(t)
  await make({ name: 'web' })
  const colour = '\u001B['
  t.notOk((await berth(['ps'])).out.includes(colour))
  t.ok((await berth(['ps'], { isTTY: true })).out.includes(colour))
  t.notOk((await berth(['ps'], { isTTY: true, env: { NO_COLOR: '1' } })).out.includes(colour))
})

t.test('berth mcp forwards lines, and returns protocol errors', async (t) => {
  const { berth } = await serveCli(t)
  const meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': {}
  }
  const lines = [
    { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { _meta: meta, name: 'list_containers', arguments: {} } },
    {
      jsonrpc: '2.0',
      id: 2,
      method: 'tools/list',
      params: { _meta: { ...meta, 'io.modelcontextprotocol/protocolVersion': 'x' } }
    },
    { jsonrpc: '2.0', method: 'notifications/initialized' },
    { jsonrpc: '2.0', id: 3, method: 'initialize', params: { protocolVersion: '2025-11-25' } }
  ]
  const { code, out } = await berth(['mcp'], {
    input: `${lines.map((line) => JSON.stringify(line)).join('\n')}\nno JSON\n`
  })
  t.equal(code, 0)
  const answers = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  const byId = Object.fromEntries(answers.map((answer) => [answer.id, answer]))
  t.match(byId['1'], { result: { content: [{ type: 'text' }] } })
  t.match(byId['2'], { error: { code: -32022 } })
  t.match(byId['3'], { result: { serverInfo: { name: 'berth' } } })
  t.match(byId.null, { error: { code: -32700 } })
  t.equal(answers.length, 4)
})

t.test('ps --watch shows running containers, even on a terminal of unknown size', async (t) => {
  const { berth, make } = await serveCli(t)
  await make({ name: 'web' })
  const stop = new AbortController()
  let seen = ''
  const running = berth(['ps', '--watch'], { isTTY: true, signal: stop.signal, onOut: (text) => (seen = text) })
  await until(() => seen.includes('web'), 30_000).finally(() => stop.abort())
  t.match(await running, { code: 130, out: /NAME +STATE +CPU/ })
})
