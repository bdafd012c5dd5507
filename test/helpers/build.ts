// The whole server without a network, an engine, a disk or a log. One for each test; it is closed with the test.

import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { InjectOptions, LightMyRequestResponse } from 'fastify'
import { pino } from 'pino'
import type { Test } from 'tap'
import { compose } from '../../src/compose.ts'
import type { Foundation } from '../../src/foundation.ts'
import { loadConfig } from '../../src/load-config.ts'
import type { Listeners } from '../../src/engine/machine/listeners.ts'
import { createMachine, type Identity } from '../../src/engine/machine/machine.ts'
import { openStore } from '../../src/store/sqlite/open.ts'
import type { HostSample } from '../../src/system/host.ts'
import { makeFolder } from './folder.ts'
import { createMemoryEngine, type MemoryEngine } from './memory-engine.ts'
import { MACHINE } from './memory-engine/system.ts'

export const VERSION = '0.0.0-test'
/** Addresses are always allowed, so that no test depends on the host name. */
const HOST = '127.0.0.1:8000'
const NOBODY: Listeners = { isTaken: async () => false, listening: async () => new Set() }

type Given = Partial<Omit<Foundation, 'engine' | 'config' | 'machine'>> & {
  engine?: MemoryEngine
  env?: Record<string, string>
  /** The listeners of this machine. */
  listeners?: Listeners
  /** This machine; the engine's own by default. */
  here?: Identity
  /** Do not wait until the server has read the engine's containers. */
  early?: boolean
}

export async function build(
  t: Test,
  { engine = createMemoryEngine(), env = {}, early = false, listeners = NOBODY, here = MACHINE, ...given }: Given = {}
) {
  // The folder of build uploads. Concurrent tests must not clean up each other's.
  const dataDir = makeFolder('build')
  const settings = { BERTH_STATS_SOURCE: 'engine', BERTH_GRPC_PORT: 'off', BERTH_DATA_DIR: dataDir, ...env }
  const { config } = loadConfig(settings)
  const store = given.store ?? openStore(':memory:')
  const app = await compose({
    config,
    engine,
    store,
    machine: createMachine({ engine, listeners, here }),
    host: fakeHost(),
    logger: pino({ level: 'silent' }),
    version: VERSION,
    ownId: undefined,
    // As if it were not built, whatever this clone has.
    dashboardDir: join(dataDir, 'no-dashboard'),
    ...given
  })
  t.teardown(async () => {
    await app.close()
    await store.close()
    rmSync(dataDir, { recursive: true })
  })
  await app.ready()

  async function ask(
    method: string,
    url: string,
    options: Omit<InjectOptions, 'method' | 'url'> = {}
  ): Promise<LightMyRequestResponse> {
    const headers = { host: HOST, ...options.headers }
    return app.inject({ method: method as 'GET', url, ...options, headers })
  }

  // A change waits until all containers are known. This one is refused then.
  if (!early) await ask('POST', '/containers/-/start', token(env))
  return {
    app,
    engine,
    store,
    config,
    ask,
    get: (url: string, options: Omit<InjectOptions, 'method' | 'url'> = {}) => ask('GET', url, options),
    post: (url: string, body?: unknown, headers: Record<string, string> = {}) =>
      ask('POST', url, body === undefined ? { headers } : { payload: body as object, headers }),
    /** A running container, created through the API. */
    async make(body: object = {}): Promise<{ id: string; full_id: string; name: string; [field: string]: unknown }> {
      const answer = await ask('POST', '/containers', { payload: body })
      if (answer.statusCode !== 201) throw new Error(`not made: ${answer.body}`)
      return answer.json()
    }
  }
}

function token({ BERTH_TOKEN }: Record<string, string>) {
  return BERTH_TOKEN === undefined ? {} : { headers: { authorization: `Bearer ${BERTH_TOKEN}` } }
}

/** Asserts that an answer is a refusal in the common form, and returns it. */
export function problem(t: Test, answer: LightMyRequestResponse, status: number, code: string) {
  const body = answer.json()
  t.equal(answer.statusCode, status)
  t.match(answer.headers['content-type'], /^application\/problem\+json/)
  t.match(body, {
    type: `/docs/errors#${code.toLowerCase()}`,
    title: /./,
    status,
    detail: /./,
    code,
    retryable: Boolean,
    request_id: answer.headers['x-request-id']
  })
  return body
}

function fakeHost(): NonNullable<Foundation['host']> {
  const sample: HostSample = {
    sampledAt: Date.parse('2026-01-01T00:00:00Z'),
    cpuPercent: 12.345,
    corePercents: [10, 14.69],
    memory: {
      totalBytes: 16 * 1024 ** 3,
      usedBytes: 4 * 1024 ** 3,
      availableBytes: 12 * 1024 ** 3,
      cacheBytes: 2 * 1024 ** 3,
      swapTotalBytes: 0,
      swapUsedBytes: 0
    },
    disks: [{ mount: '/', type: 'ext4', sizeBytes: 1100, usedBytes: 612, availableBytes: 388 }],
    networks: [{ name: 'eth0', rxBytes: 1, txBytes: 2, rxPerSecond: 3, txPerSecond: 4 }],
    uptimeSeconds: 99
  }
  return { look() {}, async stop() {}, onSample: () => () => true, latest: async () => sample }
}
