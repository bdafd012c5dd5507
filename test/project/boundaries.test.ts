// The rules for imports, in one place. No import points up in the layers of docs/architecture.md, types included. Some
// downward imports of running code are refused, too.

import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { SHARED } from '../../scripts/dashboard.ts'
import { importsOf, SRC } from '../helpers/imports.ts'

const FEATURES = [
  'access',
  'containers',
  'terminal',
  'files',
  'ports',
  'stats',
  'images',
  'networks',
  'volumes',
  'registry',
  'events',
  'metrics',
  'system',
  'builds',
  'mcp',
  'nodes',
  'compat',
  'pages'
]

// Lowest first: each layer may import those before it and none after it, not even for a type.
const LAYERS = [
  'lib',
  'client',
  'errors.ts',
  'settings',
  'config.ts',
  'load-config.ts',
  'banner.ts',
  'stop-signals.ts',
  'store',
  'engine',
  'access',
  'http',
  'rpc',
  'inventory',
  'registry',
  'ports',
  'stats',
  'images',
  'networks',
  'nodes',
  'volumes',
  'events',
  'metrics',
  'containers',
  'terminal',
  'files',
  'system',
  'builds',
  'mcp',
  'compat',
  'pages',
  'features.ts',
  'lifecycle.ts',
  'foundation.ts',
  'compose.ts',
  'agent',
  'server.ts',
  'cli'
]

// The dashboard runs in a browser and imports nothing from the server.
const files = globSync('**/*.ts', { cwd: SRC, exclude: (path) => path === 'pages/dashboard' }).toSorted()
const arrow = ({ from, to }: { from: string; to: string }) => `${from} imports ${to}`
const everything = files.flatMap(importsOf)
const imports = everything.filter(({ isType }) => !isType)

const folderOf = (file: string) => (file.includes('/') ? (file.split('/')[0] ?? '') : '')
const isFeature = (file: string) => FEATURES.includes(folderOf(file))
const isOurs = (to: string) => files.includes(to)
const isDoor = (file: string) => /\/(routes(-\w+)?|rpc|feature)\.ts$/.test(file)
/** Pure rules that the engine needs, too: names of labels, networks and kept images, and the interval of health checks. */
const isPureRule = (to: string) =>
  ['engine/kept-images.ts', 'engine/labels.ts', 'engine/network-names.ts', 'engine/health-interval.ts'].includes(to)

/** Callers and owners: pure rules that every feature uses, so that one file decides. */
const isOwnership = (to: string) => ['access/caller.ts', 'access/ownership.ts'].includes(to)

const RULES: [rule: string, isBroken: (from: string, to: string) => boolean][] = [
  ['dockerode is for scripts and tests, its types for engine/docker/', (_from, to) => to === 'dockerode'],
  [
    'only server.ts, agent/, engine/docker/ and engine/swarm/ know what is in engine/docker/; doctor looks where an engine is looked for',
    (from, to) =>
      to.startsWith('engine/docker/') &&
      !from.startsWith('engine/docker/') &&
      !from.startsWith('engine/swarm/') &&
      !from.startsWith('agent/') &&
      from !== 'server.ts' &&
      !(from === 'cli/doctor.ts' && to === 'engine/docker/locate.ts')
  ],
  [
    'only server.ts and engine/swarm/ know what is in engine/swarm/',
    (from, to) => to.startsWith('engine/swarm/') && !from.startsWith('engine/swarm/') && from !== 'server.ts'
  ],
  [
    'only store/sqlite/ knows SQLite, and only store/open.ts knows store/sqlite/',
    (from, to) =>
      (to === 'node:sqlite' || (to.startsWith('store/sqlite/') && from !== 'store/open.ts')) &&
      !from.startsWith('store/sqlite/')
  ],
  [
    'only store/postgres/ knows PostgreSQL, and only store/open.ts knows store/postgres/',
    (from, to) =>
      (to === 'pg' || (to.startsWith('store/postgres/') && from !== 'store/open.ts')) &&
      !from.startsWith('store/postgres/')
  ],
  [
    'only http/ knows Fastify, and pages/ its Swagger UI',
    (from, to) =>
      /^(fastify$|@fastify\/)/.test(to) &&
      folderOf(from) !== 'http' &&
      !(from === 'pages/routes.ts' && to === '@fastify/swagger-ui')
  ],
  [
    'only rpc/ knows Connect, and protobuf but for what BuildKit says',
    (from, to) =>
      /^@(connectrpc|bufbuild)\//.test(to) && folderOf(from) !== 'rpc' && from !== 'engine/docker/buildkit-trace.ts'
  ],
  [
    'rpc/ knows errors and lib only',
    (from, to) => folderOf(from) === 'rpc' && isOurs(to) && !['rpc', 'lib'].includes(folderOf(to)) && to !== 'errors.ts'
  ],
  ['lib/ knows nothing of ours', (from, to) => folderOf(from) === 'lib' && isOurs(to) && folderOf(to) !== 'lib'],
  ['errors.ts knows nothing of ours', (from, to) => from === 'errors.ts' && isOurs(to)],
  [
    'settings/ knows lib only',
    (from, to) => folderOf(from) === 'settings' && isOurs(to) && !['settings', 'lib'].includes(folderOf(to))
  ],
  [
    'config.ts knows settings/ and lib only',
    (from, to) => from === 'config.ts' && isOurs(to) && !['settings', 'lib'].includes(folderOf(to))
  ],
  [
    'engine/ knows errors and lib only',
    (from, to) =>
      folderOf(from) === 'engine' && isOurs(to) && !['engine', 'lib'].includes(folderOf(to)) && to !== 'errors.ts'
  ],
  [
    'store/ knows errors and lib only',
    (from, to) =>
      folderOf(from) === 'store' && isOurs(to) && !['store', 'lib'].includes(folderOf(to)) && to !== 'errors.ts'
  ],
  [
    'http/ knows errors and lib only',
    (from, to) =>
      folderOf(from) === 'http' && isOurs(to) && !['http', 'lib'].includes(folderOf(to)) && to !== 'errors.ts'
  ],
  [
    'a feature knows neither the engine nor the store',
    (from, to) => isFeature(from) && ['engine', 'store'].includes(folderOf(to)) && !isPureRule(to)
  ],
  [
    'features meet in features.ts and compose.ts only',
    (from, to) => isFeature(from) && isFeature(to) && folderOf(from) !== folderOf(to) && !isOwnership(to)
  ],
  [
    'routes know their schemas, their own pure files and http/',
    (from, to) => isDoor(from) && /\/service\.ts$/.test(to)
  ],
  [
    'compose.ts and server.ts are not imported',
    (from, to) => ['compose.ts', 'server.ts'].includes(to) && from !== 'server.ts'
  ],
  [
    'client/ knows the wire only: what is generated of the OpenAPI document, and how events are read',
    (from, to) => folderOf(from) === 'client' && isOurs(to) && folderOf(to) !== 'client'
  ],
  [
    'cli/ knows the wire only: the client, frames of terminals; the settings, and where an engine is looked for',
    (from, to) =>
      folderOf(from) === 'cli' &&
      isOurs(to) &&
      !['cli', 'client', 'lib'].includes(folderOf(to)) &&
      !['terminal/frames.ts', 'config.ts', 'engine/docker/locate.ts'].includes(to)
  ],
  [
    'agent/ is its own process: it knows the calls to one engine, the settings, lib, and figures from files',
    (from, to) =>
      folderOf(from) === 'agent' &&
      isOurs(to) &&
      !['agent', 'engine', 'lib'].includes(folderOf(to)) &&
      !['load-config.ts', 'stop-signals.ts', 'stats/cgroup-source.ts'].includes(to)
  ],
  [
    'compose.ts knows engine and store as types',
    (from, to) => from === 'compose.ts' && ['engine', 'store'].includes(folderOf(to))
  ]
]

for (const [rule, isBroken] of RULES) {
  t.test(rule, async (t) => {
    const broken = imports.filter(({ from, to }) => isBroken(from, to))
    t.strictSame(broken.map(arrow), [])
  })
}

t.test('no import points up, not even for a type', async (t) => {
  const layerOf = (file: string) => LAYERS.indexOf(folderOf(file) || file)
  t.strictSame(
    files.filter((file) => layerOf(file) === -1),
    [],
    'every file is in a layer'
  )
  const up = everything.filter(({ from, to }) => isOurs(to) && layerOf(to) > layerOf(from))
  t.strictSame(up.map(arrow), [])
})

t.test('there are no circular imports, not even for a type', async (t) => {
  const all = [...files, ...globSync('pages/dashboard/**/*.{ts,tsx}', { cwd: SRC })]
  const targets = new Map(all.map((file) => [file, importsOf(file).map(({ to }) => to)]))
  const reach = (file: string, seen = new Set<string>()): Set<string> => {
    for (const to of targets.get(file) ?? []) if (!seen.has(to)) reach(to, seen.add(to))
    return seen
  }
  t.strictSame(
    all.filter((file) => reach(file).has(file)),
    []
  )
})

t.test('services import neither HTTP nor gRPC, not even for a type', async (t) => {
  const broken = everything.filter(
    ({ from, to }) => isFeature(from) && !isDoor(from) && ['http', 'rpc'].includes(folderOf(to))
  )
  t.strictSame(broken.map(arrow), [])
})

t.test("one file reads and writes Berth's labels", async (t) => {
  t.strictSame(
    files.filter((file) => /'io\.berth\.|\bLABELS\b/.test(readFileSync(join(SRC, file), 'utf8'))),
    ['engine/labels.ts']
  )
})

t.test('only entry points read the environment', async (t) => {
  const readers = files.filter((file) => /\bprocess\.env\b/.test(readFileSync(join(SRC, file), 'utf8')))
  t.strictSame(
    readers.filter((file) => !['server.ts', 'config.ts', 'agent/main.ts', 'cli/main.ts'].includes(file)),
    []
  )
})

t.test('the dashboard imports only files that its build counts as sources', async (t) => {
  const outside = globSync('pages/dashboard/**/*.{ts,tsx}', { cwd: SRC })
    .flatMap(importsOf)
    .map(({ to }) => to)
    .filter((to) => /\.tsx?$/.test(to) && !to.startsWith('pages/dashboard/'))
  t.strictSame([...new Set(outside)].map((to) => `src/${to}`).toSorted(), SHARED)
})

t.test('every folder with routes is a feature', async (t) => {
  const folders = files.filter((file) => /\/routes\.ts$/.test(file)).map(folderOf)
  t.strictSame(
    folders.filter((folder) => !FEATURES.includes(folder)),
    []
  )
})

t.test('the test finds imports', async (t) => {
  const found = (from: string, to: string) => imports.some((each) => each.from === from && each.to === to)
  t.ok(found('store/sqlite/open.ts', 'node:sqlite'))
  t.ok(found('compose.ts', 'features.ts'))
  t.ok(found('server.ts', 'compose.ts'))
  t.ok(found('rpc/server.ts', 'rpc/handler.ts'))
  t.ok(found('rpc/handler.ts', '@connectrpc/connect'))
  t.notOk(found('engine/docker/payload.ts', 'dockerode'), 'that is a type')
  t.ok(everything.some(({ from, to }) => from === 'engine/docker/payload.ts' && to === 'dockerode'))
})
