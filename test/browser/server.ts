// The server with the built dashboard and an engine in memory, filled like a busy host, as a separate process. Its parent
// controls the engine with the messages `away` and `back`.

import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import type { Test } from 'tap'
import { writeFacts } from '../../src/engine/labels.ts'
import { createHost } from '../../src/system/host.ts'
import { build } from '../helpers/build.ts'
import { buildForm, FORM_TYPE } from '../helpers/form.ts'
import { createMemoryEngine } from '../helpers/memory-engine.ts'
import { network } from '../helpers/memory-engine/state.ts'
import { binding, idOf, image } from '../helpers/records.ts'
import { DEMO_NODES, demoNodes } from './demo-nodes.ts'
import { DEMO_BUILDS, demoBuilds } from './demo-builds.ts'

const FORGOTTEN = { teardown() {} } as unknown as Test
const MIB = 1024 ** 2
const NAMES = [
  'checkout',
  'search',
  'gateway',
  'worker',
  'mailer',
  'thumbnails',
  'ledger',
  'sessions',
  'reports',
  'preview'
]
const IMAGES = ['shop/checkout:2.14', 'shop/search:1.9', 'nginx:1.27', 'shop/worker:2.14', 'redis:7.4', 'postgres:17']
const LOG = [
  '{"level":30,"time":"2026-01-01T12:00:00.000Z","msg":"listening on 0.0.0.0:5000"}',
  'GET /health 200 1.2 ms',
  '\u001B[32mINFO\u001B[0m  connected to \u001B[36mpostgres:5432\u001B[0m',
  '\u001B[33mWARN\u001B[0m  slow query: 812 ms',
  'POST /orders 201 18.4 ms',
  '\u001B[31mERROR\u001B[0m payment provider answered 502, retrying in 5 s'
]

const FILES = {
  '/app/README.md': '# Checkout\n\nTakes orders and payments.\n',
  '/app/package.json': '{ "name": "checkout", "version": "2.14.0", "type": "module" }\n',
  '/app/config/app.json': '{ "port": 5000, "currency": "EUR" }\n',
  '/app/src/server.js': "import { createServer } from 'node:http'\n"
}
/** What a terminal shows at first. */
const SCREEN = [
  '\u001B[32mapp@checkout-1\u001B[0m:\u001B[34m/app\u001B[0m$ node --version',
  'v24.21.0',
  '\u001B[32mapp@checkout-1\u001B[0m:\u001B[34m/app\u001B[0m$ ls',
  'README.md  \u001B[34mconfig\u001B[0m  package.json  \u001B[34msrc\u001B[0m',
  '\u001B[32mapp@checkout-1\u001B[0m:\u001B[34m/app\u001B[0m$ '
].join('\r\n')

const {
  containers: count = 24,
  token,
  swarm = false
} = JSON.parse(process.argv[2] ?? '{}') as { containers?: number; token?: string; swarm?: boolean }
const memory = createMemoryEngine()
const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString().replace('Z', '000000Z')

for (const [n, name] of ['base-api-server:latest', ...IMAGES, 'node:24-slim'].entries())
  memory.images.set(
    name,
    image({ tags: [name], createdAt: ago(90 + n * n * 1_900), sizeBytes: (31 + ((n * 67) % 190)) * MIB, layers: 4 + n })
  )

for (let n = 0; n < count; n++) {
  const isStopped = n % 9 === 7
  const { id } = memory.add({
    name: `${NAMES[n % NAMES.length]}-${1 + Math.floor(n / NAMES.length)}`,
    image: IMAGES[n % IMAGES.length] ?? '',
    imageId: `sha256:${idOf(IMAGES[n % IMAGES.length] ?? '')}`,
    createdAt: ago(3 + n * 47),
    startedAt: ago(2 + n * 47),
    ports: n % 6 === 4 ? [] : [binding(8001 + n + (n % 5))],
    labels: n % 6 === 4 ? {} : writeFacts({ managed: true }),
    envNames: ['LOG_LEVEL', 'DATABASE_URL'],
    limits: {
      memoryBytes: (n % 3 === 0 ? 512 : 256) * MIB,
      cpus: n % 4 === 0 ? 1 : 0.5,
      pids: 256,
      nofile: null,
      storageBytes: null,
      ioWeight: null
    },
    ...(n % 11 === 4 && { health: 'unhealthy' as const, restartCount: 4 }),
    ...(n % 3 === 1 && n % 11 !== 4 && { health: 'healthy' as const }),
    ...(isStopped && { state: 'exited' as const, pid: null, exitCode: n % 2 === 1 ? 137 : 0, finishedAt: ago(n) }),
    ...(n % 13 === 6 && { state: 'paused' as const }),
    ...(swarm && { node: DEMO_NODES[n % 2] ?? null })
  })
  for (let line = 0; line < 60; line++)
    memory.write(id, LOG[(n + line) % LOG.length] ?? '', line % 9 === 5 ? 'stderr' : 'stdout')
}
memory.foreignPorts.add(8030)
for (const [n, name] of ['shop', 'backend', 'preview'].entries())
  memory.networks.set(
    name,
    network(name, { subnets: [`172.${20 + n}.0.0/16`], internal: name === 'backend', joinable: true })
  )
for (const name of ['orders', 'search-index', 'uploads']) memory.volumes.set(name, writeFacts({ managed: true }))

/** Each container has its own load, which varies. */
const engine = {
  ...memory,
  buildImage: demoBuilds(memory.buildImage),
  async startProcess(...asked: Parameters<typeof memory.startProcess>) {
    const running = await memory.startProcess(...asked)
    memory.processes.at(-1)?.write(SCREEN)
    return running
  },
  async containerCounters(id: string) {
    const counters = await memory.containerCounters(id)
    if (!counters) return undefined
    const seed = Number.parseInt(id.slice(0, 4), 16) / 65_536
    const seconds = performance.now() / 1_000
    const wave = 0.5 + 0.5 * Math.sin(seconds / (4 + 9 * seed) + 20 * seed)
    const total = (seconds * seed + (4 + 9 * seed) * seed * (1 - Math.cos(seconds / (4 + 9 * seed) + 20 * seed))) * 6e8
    return {
      ...counters,
      cpuNs: total,
      memoryUsage: Math.round((30 + 160 * seed + 20 * wave) * MIB),
      networks: { eth0: { rxBytes: Math.round(total / 900), txBytes: Math.round(total / 1_700) } },
      blockWriteBytes: Math.round(total / 5_000),
      pids: 2 + Math.round(9 * seed)
    }
  }
}

const { app, post, ask } = await build(FORGOTTEN, {
  engine,
  ...(swarm && { nodes: demoNodes }),
  host: createHost({ log: pino({ level: 'silent' }) }),
  dashboardDir: join(import.meta.dirname, '../../dist/dashboard'),
  env: { BERTH_PORT_RANGE: '8001-8999', BERTH_EXEC: 'true', ...(token !== undefined && { BERTH_TOKEN: token }) }
})
// A killed parent stops nothing.
process.on('disconnect', () => process.exit())
process.on('message', (what) => {
  if (what === 'away') memory.goAway()
  else if (what === 'back') memory.comeBack()
})
// Recent events. A busy machine refuses at first.
if (token === undefined) {
  for (const name of ['checkout-1', 'gateway-1', 'search-2'])
    while ((await post(`/containers/${name}/restart`)).statusCode === 503) await sleep(500)
  for (const path of ['/app', '/app/config', '/app/src']) await post('/containers/checkout-1/files/folder', { path })
  const headers = { 'content-type': 'application/octet-stream' }
  for (const [path, payload] of Object.entries(FILES))
    await ask('PUT', `/containers/checkout-1/files?path=${path}`, { payload, headers })
  for (const fields of DEMO_BUILDS)
    await ask('POST', '/builds', {
      payload: buildForm('FROM node:24-slim\n', fields),
      headers: { 'content-type': FORM_TYPE }
    })
}

await app.listen({ host: '127.0.0.1', port: 0 })
process.send?.((app.server.address() as AddressInfo).port)
