// How views of the dashboard turn data into rows, cells, forms, archives and searches.

import { text } from 'node:stream/consumers'
import { Readable } from 'node:stream'
import { extract } from 'tar-stream'
import t from 'tap'
import type { Container, PortOverview } from '../../../../src/client/api.ts'
import { tarOf } from '../../../../src/pages/dashboard/lib/tar.ts'
import { contextOf } from '../../../../src/pages/dashboard/views/builds/context.ts'
import { createLogLines, searchFor } from '../../../../src/pages/dashboard/views/container/log-lines.ts'
import { bodyOf } from '../../../../src/pages/dashboard/views/container/body-of.ts'
import { rowsOf } from '../../../../src/pages/dashboard/views/containers/rows.ts'
import { faultOf } from '../../../../src/pages/dashboard/views/create/fault.ts'
import { bodyFrom, EMPTY, formFrom } from '../../../../src/pages/dashboard/views/create/form.ts'
import { cellsOf, step } from '../../../../src/pages/dashboard/views/ports/cells.ts'

const container = (given: Partial<Container>): Container =>
  ({
    id: given.name,
    image: 'app:1',
    state: 'running',
    health: null,
    exit_code: null,
    restart_count: 0,
    created: '2026-01-01T00:00:00Z',
    url: null,
    managed: true,
    ...given
  }) as Container

t.test('rows: searched by every word, filtered by every chip, in natural order', async (t) => {
  const all = [
    container({ name: 'web-10', url: 'http://127.0.0.1:8010' }),
    container({ name: 'web-9', state: 'exited', exit_code: 1 }),
    container({ name: 'db', image: 'postgres:17' })
  ]
  const names = (wanted: Partial<Parameters<typeof rowsOf>[1]>) =>
    rowsOf(
      all,
      { search: '', filters: new Set(), sort: 'name', isDown: false, ...wanted },
      { stats: new Map(), ownerOf: ({ team }) => team ?? '' }
    ).map(({ name }) => name)
  t.strictSame(names({}), ['db', 'web-9', 'web-10'])
  t.strictSame(names({ isDown: true }), ['web-10', 'web-9', 'db'])
  t.strictSame(names({ search: 'web 8010' }), ['web-10'])
  t.strictSame(names({ search: 'POSTGRES' }), ['db'])
  t.strictSame(names({ filters: new Set(['trouble']) }), ['web-9'])
  t.strictSame(names({ filters: new Set(['running', 'trouble']) }), [])
  t.strictSame(names({ sort: 'port', isDown: true }), ['web-10', 'db', 'web-9'])
})

t.test('cells: the whole range in order, and arrows that stay inside', async (t) => {
  const overview = {
    available_range: '8001-8005',
    ports: [
      { port: 8003, protocol: 'tcp', state: 'bound', holder: { id: 'a', name: 'web', managed: true }, reason: null },
      { port: 8004, protocol: 'udp', state: 'bound', holder: null, reason: null }
    ]
  } as unknown as PortOverview
  t.strictSame(
    cellsOf(overview).map(({ port, state }) => `${port} ${state}`),
    ['8001 free', '8002 free', '8003 bound', '8004 free', '8005 free']
  )
  t.equal(step('ArrowRight', 0, 10, 25), 1)
  t.equal(step('ArrowDown', 3, 10, 25), 13)
  t.equal(step('ArrowDown', 20, 10, 25), undefined)
  t.equal(step('ArrowLeft', 0, 10, 25), undefined)
  t.equal(step('End', 0, 10, 25), 24)
  t.equal(step('a', 0, 10, 25), undefined)
})

t.test('a form becomes a body without defaults, and back', async (t) => {
  t.strictSame(bodyFrom(EMPTY), { wait: 'port' })
  const body = bodyFrom({
    ...EMPTY,
    name: 'web',
    ports: '5000, 8150:80',
    env: [
      { name: 'A', value: '1' },
      { name: '', value: 'left out' }
    ],
    volumes: [{ name: 'data', value: '/data' }],
    cpus: '0.5',
    memory: '512m',
    storage_size: '10g',
    readOnly: true,
    runtime: 'runsc'
  })
  t.strictSame(body, {
    name: 'web',
    ports: [{ container_port: 5000 }, '8150:80'],
    env: { A: '1' },
    volumes: [{ source: 'data', target: '/data' }],
    memory: '512m',
    cpus: 0.5,
    storage_size: '10g',
    read_only: true,
    runtime: 'runsc',
    wait: 'port'
  })
  const { name: _name, ...again } = body
  t.strictSame(bodyFrom(formFrom(body)), again)
})

const NO_LIMITS = { memory: null, cpus: null, pids: null, nofile: null, storage_size: null, io_weight: null }

t.test('a duplicate keeps every known setting of a container', async (t) => {
  const body = bodyOf(
    container({
      name: 'web',
      ports: { '5000/tcp': '127.0.0.1:8001' },
      env: ['SECRET'],
      labels: {},
      command: ['sh', '-c', 'echo a b'],
      limits: { memory: 1024, cpus: null, pids: null, nofile: null, storage_size: 1024 ** 3, io_weight: 200 },
      read_only: true,
      restart: 'always',
      volumes: [],
      networks: [{ name: 'shop', address: null, aliases: [] }]
    })
  )
  t.strictSame(body, {
    image: 'app:1',
    ports: [{ container_port: 5000 }],
    env: { SECRET: '' },
    command: ['sh', '-c', 'echo a b'],
    memory: 1024,
    storage_size: 1024 ** 3,
    io_weight: 200,
    read_only: true,
    restart: 'always',
    network: 'shop'
  })
  t.equal(formFrom(body).storage_size, '1024m')
  const placed = container({
    ports: {},
    env: [],
    labels: {},
    command: [],
    limits: NO_LIMITS,
    volumes: [],
    restart: 'no'
  })
  const networks = [{ name: 'berth-0123456789', address: null, aliases: [] }]
  t.strictSame(bodyOf({ ...placed, networks }), { image: 'app:1' }, 'Berth itself chooses the network of the owner')
  t.equal(formFrom(body).command, `sh -c 'echo a b'`)
})

t.test('a field is checked against its schema', async (t) => {
  const name = { type: 'string', pattern: '^[a-z]+$', 'x-rule': 'must be letters' }
  t.equal(faultOf(name, 'web'), undefined)
  t.equal(faultOf(name, 'W!'), 'must be letters')
  t.equal(faultOf({ type: 'number', minimum: 0.01 }, Number('x')), 'must be a number')
  t.equal(faultOf({ type: 'number', minimum: 0.01 }, 0), 'must be at least 0.01')
  const size = { anyOf: [{ type: 'integer', minimum: 6 }, name] }
  t.equal(faultOf(size, 'abc'), undefined)
  t.equal(faultOf(size, '1x'), 'must be letters')
  t.equal(faultOf(undefined, 'x'), undefined)
})

async function readTar(archive: Blob): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  const reader = Readable.from([Buffer.from(await archive.arrayBuffer())]).pipe(extract())
  for await (const entry of reader) found[entry.header.name] = await text(entry)
  return found
}

t.test('a folder is packed so that other programs read it, with long names and without useless files', async (t) => {
  const long = `app/${'deep/'.repeat(40)}größe.txt`
  const entries = [
    { path: 'app/Dockerfile', content: new Blob(['FROM scratch']) },
    { path: 'app/src/empty', content: new Blob([]) },
    { path: long, content: new Blob(['x'.repeat(513)]) },
    { path: 'app/node_modules/x/index.js', content: new Blob(['no']) },
    { path: 'app/.git/HEAD', content: new Blob(['no']) }
  ]
  const { file, fileName } = contextOf(entries)
  t.equal(fileName, 'context.tar')
  const found = await readTar(file)
  t.strictSame(Object.keys(found).toSorted(), ['Dockerfile', long.slice(4), 'src/empty'].toSorted())
  t.equal(found['Dockerfile'], 'FROM scratch')
  t.equal(found[long.slice(4)]?.length, 513)
  t.strictSame(await readTar(tarOf([])), {}, 'an empty one is valid, too')
})

t.test('a Dockerfile or an archive is sent unchanged', async (t) => {
  const content = new Blob(['FROM scratch'])
  for (const path of ['Dockerfile', 'web.tar.gz', 'web.zip']) {
    const context = contextOf([{ path, content }])
    t.equal(context.fileName, path)
    t.equal(context.file, content)
  }
})

t.test('a log is searched by text, by expression and by level', async (t) => {
  const lines = createLogLines()
  for (const line of ['GET /a 200', '\u001B[31mERROR\u001B[0m no', 'warn slow']) lines.add('stdout', { line })
  const found = (search: string, levels: string[] = []) =>
    lines.all.filter(searchFor(search, new Set(levels)).fits).map(({ number }) => number)
  t.strictSame(found('error no'), [2], 'colours do not hide matches')
  t.strictSame(found('/^GET \\S+ 2/'), [1])
  t.strictSame(found('/get/i'), [1])
  t.strictSame(found('', ['warn', 'error']), [2, 3])
  t.match(searchFor('/(/', new Set()).fault, /./, 'an invalid expression says so')
})

t.test('a log keeps its last hundred thousand lines', async (t) => {
  const lines = createLogLines()
  for (let n = 0; n < 120_000; n++) lines.add('stdout', { line: 'x' })
  t.ok(lines.all.length >= 100_000 && lines.all.length <= 110_000, String(lines.all.length))
  t.equal(lines.all.at(-1)?.number, 120_000)
})
