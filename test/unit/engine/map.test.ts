// Recorded from real engines by making containers with Berth's own payloads; see test/fixtures.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { mapContainer, mapSpec, mapSummary } from '../../../src/engine/docker/map.ts'
import { mapImage } from '../../../src/engine/docker/map-image.ts'

type Inspect = Parameters<typeof mapContainer>[0]
type Listed = Parameters<typeof mapSummary>[0]
type Recorded = { inspect: Inspect; listed: Listed }

function recorded(engine: string) {
  const file = join(import.meta.dirname, `../../fixtures/inspect-${engine}.json`)
  return JSON.parse(readFileSync(file, 'utf8')) as Record<string, Recorded> & { image: Parameters<typeof mapImage>[0] }
}

const ENGINES = ['docker-20.10', 'podman-4.3']

for (const engine of ENGINES) {
  t.test(engine, async (t) => {
    const all = recorded(engine)
    const of = (name: string): Recorded => {
      const found = all[name]
      if (!found) throw new Error(`${name} was not recorded`)
      return found
    }
    const map = (name: string) => mapContainer(of(name).inspect)

    t.test('a container that was never started', async (t) => {
      t.match(map('created'), {
        id: /^[0-9a-f]{64}$/,
        name: 'rec-created',
        image: /(^|\/)bb:1$/,
        imageId: /^sha256:/,
        state: 'created',
        health: null,
        exitCode: null,
        pid: null,
        startedAt: null,
        finishedAt: null,
        oomKilled: false,
        restart: 'no',
        restartCount: 0,
        ports: [],
        tty: false,
        hostNetwork: false
      })
    })

    t.test('its limit of open files', async (t) => {
      const { inspect } = of('running')
      const open = (Ulimits: { Name: string; Hard: number }[] | null) =>
        mapContainer({ ...inspect, HostConfig: { ...inspect.HostConfig, Ulimits } }).limits.nofile
      t.equal(open([{ Name: 'nofile', Hard: 4096 }]), 4096)
      t.equal(open([{ Name: 'RLIMIT_NOFILE', Hard: 1024 }]), 1024)
      t.equal(open([{ Name: 'nproc', Hard: 64 }]), null)
      t.equal(open(null), null)
    })

    t.test('a running one without the network fields that API 1.52 left out', async (t) => {
      const { inspect } = of('running')
      const { Ports = null, Networks = null } = inspect.NetworkSettings ?? {}
      t.ok(Networks)
      const NetworkSettings = { SandboxID: '', SandboxKey: '', Ports, Networks }
      t.strictSame(mapContainer({ ...inspect, NetworkSettings }), map('running'))
    })

    t.test('a running one, with its ports, volumes and limits', async (t) => {
      const record = map('running')
      t.match(record, {
        state: 'running',
        exitCode: null,
        pid: Number,
        startedAt: /^2026-/,
        finishedAt: null,
        labels: { 'io.berth.managed': 'true', team: 'red' },
        limits: { memoryBytes: 64 * 1024 ** 2, cpus: 0.5, pids: 32 }
      })
      t.strictSame(record.ports, [
        { containerPort: 5000, protocol: 'tcp', hostIp: '127.0.0.1', hostPort: 8941 },
        { containerPort: 5353, protocol: 'udp', hostIp: '127.0.0.1', hostPort: 8942 }
      ])
      t.strictSame(record.volumes, [{ source: 'rec-data', target: '/data', readOnly: true }])
      t.strictSame(record.anonymousVolumes, [], 'a named volume is not anonymous')
      t.ok(['HOST_PORT', 'GREETING'].every((name) => record.envNames.includes(name)))
      t.notMatch(JSON.stringify(record), 'a=b', 'values of the environment stay out')
    })

    t.test('an exited container keeps its requested ports', async (t) => {
      t.match(map('exited'), {
        state: 'exited',
        exitCode: 3,
        pid: null,
        startedAt: /^2026-/,
        finishedAt: /^2026-/,
        ports: [{ containerPort: 5000, hostPort: 8943, hostIp: '127.0.0.1' }]
      })
    })

    t.test('a paused container', async (t) => {
      t.match(map('paused'), { state: 'paused', exitCode: null, finishedAt: null })
    })

    t.test('a foreign container: one row per port, and its anonymous volume', async (t) => {
      const record = map('foreign')
      t.match(record.ports, [
        { containerPort: 80, hostIp: '0.0.0.0', hostPort: 8944 },
        { containerPort: 81, hostIp: '0.0.0.0', hostPort: /^\d{5}$/ }
      ])
      t.equal(record.ports.length, 2, 'IPv4 and IPv6 are one, and 82 is not published')
      t.match(record.anonymousVolumes, [/^[0-9a-f]{64}$/])
      t.strictSame(record.volumes, [])
      t.match(record.limits, { memoryBytes: null, cpus: null })
    })

    t.test('a quota is a number of CPUs, and no limit is null', async (t) => {
      t.match(map('tty'), { tty: true, limits: { memoryBytes: null, cpus: 1.5, pids: null } })
    })

    t.test('a row of the list matches the inspection', async (t) => {
      for (const name of ['created', 'running', 'exited', 'paused', 'foreign']) {
        const { id, name: called, state, health } = map(name)
        t.strictSame(mapSummary(of(name).listed), { id, name: called, state, health }, name)
      }
    })

    t.test('the spec of a container can be sent again', async (t) => {
      const spec = mapSpec(of('running').inspect)
      t.match(spec, {
        env: { HOST_PORT: '8941', GREETING: 'a=b' },
        command: ['sleep', '1000'],
        workingDir: '/tmp',
        user: '1000:1000',
        restart: 'no',
        limits: { memoryBytes: 64 * 1024 ** 2, cpus: 0.5, pids: 32 },
        volumes: [{ source: 'rec-data', target: '/data', readOnly: true }],
        stopTimeoutSeconds: 3
      })
      t.notOk('HOSTNAME' in spec.env, 'another container has a name of its own')
      t.strictSame(spec.ports, map('running').ports)
      t.match(mapSpec(of('tty').inspect), { entrypoint: ['/bin/busybox'], command: ['sleep', '1000'] })
      t.match(mapSpec(of('foreign').inspect).volumes, [{ source: /^[0-9a-f]{64}$/, target: '/anonymous' }])
      t.match(mapSpec(of('healthy').inspect).healthcheck, {
        test: ['CMD', 'true'],
        intervalMs: 500,
        timeoutMs: 1000,
        retries: 2
      })
    })

    t.test('an image', async (t) => {
      const image = { ...all.image, Config: { ...all.image.Config, ExposedPorts: { '80/tcp': {}, '53/udp': {} } } }
      t.match(mapImage(image), {
        id: /^sha256:/,
        tags: [/bb:1$/],
        exposedPorts: [
          { port: 80, protocol: 'tcp' },
          { port: 53, protocol: 'udp' }
        ]
      })
      t.strictSame(mapImage(all.image).exposedPorts, [])
    })
  })
}

t.test('health', async (t) => {
  const { healthy } = recorded('docker-20.10')
  if (!healthy) throw new Error('it was not recorded')
  t.equal(mapContainer(healthy.inspect).health, 'healthy')
  const unhealthyAfter = (FailingStreak: number) =>
    mapContainer({
      ...healthy.inspect,
      State: { ...healthy.inspect.State, Health: { Status: 'unhealthy', FailingStreak } }
    }).health
  t.equal(unhealthyAfter(3), 'unhealthy')
  t.equal(unhealthyAfter(0), 'starting', 'after a pause')
  const rows: [status: string, health: string | null][] = [
    ['Up 1 second (healthy)', 'healthy'],
    ['Up 2 minutes (unhealthy)', 'unhealthy'],
    ['Up 2 seconds (health: starting)', 'starting'],
    ['Up 2 seconds', null],
    ['Up 1 second (Paused)', null],
    ['Exited (0) 3 seconds ago', null]
  ]
  for (const [Status, health] of rows) {
    t.equal(mapSummary({ ...healthy.listed, Status }).health, health, Status)
  }
})

t.test('null lists', async (t) => {
  const { running } = recorded('docker-20.10')
  if (!running) throw new Error('it was not recorded')
  const info = structuredClone(running.inspect)
  Object.assign(info, { Args: null, Mounts: null })
  Object.assign(info.Config, { Env: null, Labels: null })
  Object.assign(info.HostConfig, { PortBindings: null, Mounts: null, RestartPolicy: null })
  Object.assign(info.NetworkSettings!, { Ports: null })
  t.match(mapContainer(info), { envNames: [], labels: {}, ports: [], volumes: [], restart: 'no', command: ['sleep'] })
  t.match(mapSpec(info), { env: {}, labels: {}, ports: [], volumes: [] })
})

t.test('state names of other engines', async (t) => {
  const { created } = recorded('docker-20.10')
  if (!created) throw new Error('it was not recorded')
  const words: [word: string, state: string][] = [
    ['configured', 'created'],
    ['initialized', 'created'],
    ['stopped', 'exited'],
    ['restarting', 'restarting'],
    ['removing', 'removing'],
    ['dead', 'dead']
  ]
  for (const [word, state] of words) t.equal(mapSummary({ ...created.listed, State: word }).state, state, word)
  const stopped = { ...created.inspect.State, Status: 'stopped', ExitCode: 3 }
  t.match(mapContainer({ ...created.inspect, State: stopped }), { state: 'exited', exitCode: 3 })
})
