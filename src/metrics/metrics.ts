// Metrics for Prometheus, gathered from memory at each scrape.

import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { FastifyInstance } from 'fastify'
import type { Caller } from '../access/caller.ts'
import { seenBy } from '../access/ownership.ts'
import { isAppError } from '../errors.ts'
import type { EngineAvailability } from '../engine/contract/availability.ts'
import type { EngineNodes } from '../engine/contract/nodes.ts'
import type { ContainerRecord } from '../engine/contract/containers.ts'
import { shortId } from '../inventory/ids.ts'
import type { Inventory } from '../inventory/inventory.ts'
import { sleep } from '../lib/sleep.ts'
import type { PortService } from '../ports/service.ts'
import type { Sample } from '../stats/calculate.ts'
import type { Sampler } from '../stats/sampler.ts'
import type { StoreDatabase } from '../store/contract/database.ts'
import { createDatabaseMetrics } from './database.ts'
import { writeExposition, type Family, type Labels } from './exposition.ts'
import { createHistogram } from './histogram.ts'
import { nodeFamilies } from './nodes.ts'

export type Metrics = ReturnType<typeof createMetrics>

type Options = {
  version: string
  engine: Pick<EngineAvailability, 'status' | 'figures'>
  /** Of a Swarm. */
  nodes: Pick<EngineNodes, 'knownNodes'> | undefined
  inventory: Inventory
  ports: PortService
  sampler: Sampler
  builds: { counts(): Promise<Record<string, number>> }
  /** The database of the store, if it is a separate server. */
  database: StoreDatabase | undefined
}
type Measured = { record: ContainerRecord; sample: Sample; labels: Labels }

const NANOSECONDS = 1e9
// The histogram counts the time between two checks of the clock, not only the delay.
const LOOK_MS = 20
// A scrape does not wait for a database that is about to count as away.
const COUNT_MS = 2_000

export function createMetrics({ version, engine, nodes, inventory, ports, sampler, builds, database }: Options) {
  const durations = createHistogram(
    'berth_http_request_duration_seconds',
    'Time from a request to its answer, streams left out.'
  )
  const calls = createHistogram(
    'berth_grpc_call_duration_seconds',
    'Time from a gRPC call to its end; of a stream, how long it was open.'
  )
  const refusals = new Map<string, number>()
  const databaseFamilies = database ? createDatabaseMetrics(database) : () => []
  const delay = monitorEventLoopDelay({ resolution: LOOK_MS })
  delay.enable()

  const seen = (caller: Caller) => [...inventory.all()].filter(seenBy(caller))

  function measured(caller: Caller): Measured[] {
    const found: Measured[] = []
    for (const record of seen(caller)) {
      const sample = sampler.isCurrent(record) ? sampler.latest(record.id) : undefined
      if (sample)
        found.push({ record, sample, labels: { id: shortId(record.id), name: record.name, image: record.image } })
    }
    return found
  }

  function containerFamilies(caller: Caller): Family[] {
    const rows = measured(caller)
    const family = (name: string, help: string, type: Family['type'], value: (row: Measured) => number): Family => ({
      name: `berth_container_${name}`,
      help,
      type,
      samples: rows.map((row) => ({ labels: row.labels, value: value(row) }))
    })
    return [
      family('cpu_seconds_total', 'CPU time used.', 'counter', ({ sample }) => sample.counters.cpuNs / NANOSECONDS),
      family(
        'memory_working_set_bytes',
        'Memory without the page cache that can be dropped.',
        'gauge',
        ({ sample }) => sample.memoryBytes
      ),
      family(
        'memory_limit_bytes',
        'Memory limit, +Inf when there is none.',
        'gauge',
        ({ record }) => record.limits.memoryBytes ?? Infinity
      ),
      family('network_receive_bytes_total', 'Bytes received.', 'counter', ({ sample }) => sample.rxBytes),
      family('network_transmit_bytes_total', 'Bytes sent.', 'counter', ({ sample }) => sample.txBytes),
      family(
        'block_read_bytes_total',
        'Bytes read from block devices.',
        'counter',
        ({ sample }) => sample.counters.blockReadBytes
      ),
      family(
        'block_write_bytes_total',
        'Bytes written to block devices.',
        'counter',
        ({ sample }) => sample.counters.blockWriteBytes
      ),
      family('processes', 'Number of processes and threads.', 'gauge', ({ sample }) => sample.counters.pids)
    ]
  }

  function stateFamily(caller: Caller): Family {
    const counts = new Map<string, { labels: Labels; value: number }>()
    for (const record of seen(caller)) {
      const labels = { state: record.state, managed: String(record.berth.managed) }
      const key = Object.values(labels).join(' ')
      const count = counts.get(key) ?? { labels, value: 0 }
      count.value++
      counts.set(key, count)
    }
    return { name: 'berth_containers', help: 'Containers by state.', type: 'gauge', samples: [...counts.values()] }
  }

  function portFamily(): Family {
    const samples = (['tcp', 'udp'] as const).flatMap((protocol) =>
      Object.entries(ports.counts(protocol)).map(([state, value]) => ({ labels: { protocol, state }, value }))
    )
    return { name: 'berth_ports', help: 'Host ports of the range by state.', type: 'gauge', samples }
  }

  function engineFamilies(): Family[] {
    const { running, waiting, calls: outcomes } = engine.figures()
    return [
      {
        name: 'berth_engine_changes',
        help: 'Changes that the engine is at, and those that wait for their turn.',
        type: 'gauge',
        samples: [
          { labels: { state: 'running' }, value: running },
          { labels: { state: 'waiting' }, value: waiting }
        ]
      },
      {
        name: 'berth_engine_calls_total',
        help: 'Calls of the engine by what came of them: ok, or a code of the error catalogue.',
        type: 'counter',
        samples: Object.entries(outcomes).map(([result, value]) => ({ labels: { result }, value }))
      },
      {
        name: 'berth_refusals_total',
        help: 'Requests that were refused or failed, by the code of the error catalogue.',
        type: 'counter',
        samples: [...refusals].map(([code, value]) => ({ labels: { code }, value }))
      }
    ]
  }

  /** Without samples while the database does not answer. */
  async function buildFamily(): Promise<Family> {
    const counts = await Promise.race([
      builds.counts().catch((error: unknown) => {
        if (isAppError(error, 'STORE_UNAVAILABLE')) return {}
        throw error
      }),
      sleep(COUNT_MS).then(() => ({}))
    ])
    const samples = Object.entries(counts).map(([status, value]) => ({ labels: { status }, value }))
    return { name: 'berth_builds', help: 'Builds on record by status.', type: 'gauge', samples }
  }

  function processFamilies(): Family[] {
    const { rss, heapUsed } = process.memoryUsage()
    const cpu = process.cpuUsage()
    const gauge = (name: string, help: string, value: number, type: Family['type'] = 'gauge'): Family => ({
      name,
      help,
      type,
      samples: [{ value }]
    })
    return [
      gauge('process_resident_memory_bytes', 'Resident memory of the server.', rss),
      gauge('process_cpu_seconds_total', 'CPU time of the server.', (cpu.user + cpu.system) / 1e6, 'counter'),
      gauge('process_start_time_seconds', 'When the server started.', performance.timeOrigin / 1000),
      gauge('berth_heap_used_bytes', 'Memory of the JavaScript heap in use.', heapUsed),
      gauge(
        'berth_event_loop_delay_seconds',
        'How late the event loop was, 99th percentile since the last scrape.',
        Math.max(0, delay.percentile(99) / NANOSECONDS - LOOK_MS / 1000)
      )
    ]
  }

  return {
    /** Counts every answered request by its route, never by its address, so that ids do not become labels. */
    observe(app: FastifyInstance): void {
      app.addHook('onResponse', (request, reply, done) => {
        // Every stream has a header against buffering, in any form.
        if (!reply.hasHeader('x-accel-buffering')) {
          const labels = {
            method: request.method,
            route: request.routeOptions.url ?? 'none',
            status: String(reply.statusCode)
          }
          durations.observe(labels, reply.elapsedTime / 1000)
        }
        done()
      })
      app.addHook('onError', async (_request, _reply, error) => {
        const { statusCode = 500 } = error
        const code = isAppError(error) ? error.code : statusCode < 500 ? 'INVALID_REQUEST' : 'INTERNAL'
        refusals.set(code, (refusals.get(code) ?? 0) + 1)
      })
      app.addHook('onClose', async () => delay.disable())
    },

    observeCall: (labels: { method: string; status: string }, seconds: number): void => calls.observe(labels, seconds),

    /** Of the containers that the caller sees; totals of ports and builds are of the whole server. */
    async write(caller: Caller): Promise<string> {
      const text = writeExposition([
        {
          name: 'berth_info',
          help: 'The version of the server.',
          type: 'gauge',
          samples: [{ labels: { version }, value: 1 }]
        },
        {
          name: 'berth_engine_up',
          help: 'Whether the engine answers.',
          type: 'gauge',
          samples: [{ value: engine.status().available ? 1 : 0 }]
        },
        ...engineFamilies(),
        ...databaseFamilies(),
        ...(nodes ? nodeFamilies(nodes.knownNodes(), seen(caller)) : []),
        stateFamily(caller),
        portFamily(),
        await buildFamily(),
        ...containerFamilies(caller),
        durations.family(),
        calls.family(),
        ...processFamilies()
      ])
      delay.reset()
      return text
    }
  }
}
