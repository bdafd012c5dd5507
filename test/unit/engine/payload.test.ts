import fc from 'fast-check'
import t from 'tap'
import type { ContainerSpec } from '../../../src/engine/contract/containers.ts'
import { createPayload, updatePayload } from '../../../src/engine/docker/payload.ts'

const limits = { memoryBytes: 512 * 1024 ** 2, cpus: 1, pids: 256, nofile: null, storageBytes: null, ioWeight: null }
const spec: ContainerSpec = {
  image: 'app:1',
  env: {},
  labels: {},
  limits,
  restart: 'no',
  volumes: [],
  ports: []
}

t.test('the smallest container is a hardened one', async (t) => {
  t.strictSame(createPayload(spec), {
    Image: 'app:1',
    Env: [],
    Labels: {},
    ExposedPorts: {},
    StopTimeout: 10,
    HostConfig: {
      Memory: 536870912,
      MemorySwap: 536870912,
      NanoCpus: 1e9,
      PidsLimit: 256,
      PortBindings: {},
      RestartPolicy: { Name: 'no' },
      Mounts: [],
      CapDrop: ['ALL'],
      CapAdd: ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'KILL', 'NET_BIND_SERVICE', 'SETGID', 'SETUID'],
      SecurityOpt: ['no-new-privileges'],
      Init: true,
      LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } }
    }
  })
})

t.test('a network, and names in it', async (t) => {
  const payload = createPayload({ ...spec, network: { name: 'shop', aliases: ['db'] } })
  t.equal(payload.HostConfig?.NetworkMode, 'shop')
  t.strictSame(payload.NetworkingConfig, { EndpointsConfig: { shop: { Aliases: ['db'] } } })
  const none = createPayload({ ...spec, network: { name: 'none', aliases: [] } })
  t.strictSame([none.HostConfig?.NetworkMode, none.NetworkingConfig], ['none', undefined])
})

t.test('every field of a request', async (t) => {
  const payload = createPayload({
    ...spec,
    env: { A: '1', B: 'x=y', EMPTY: '' },
    labels: { team: 'red' },
    command: ['serve', '--port', '5000'],
    entrypoint: ['/bin/sh', '-c'],
    workingDir: '/srv',
    user: '1000:1000',
    limits: { memoryBytes: 64 * 1024 ** 2, cpus: 0.25, pids: 9, nofile: 4096, storageBytes: 1e9, ioWeight: 200 },
    readOnlyRoot: true,
    runtime: 'runsc',
    restart: 'unless-stopped',
    healthcheck: {
      test: ['CMD', 'true'],
      intervalMs: 1500,
      timeoutMs: 100,
      startPeriodMs: undefined,
      retries: undefined
    },
    volumes: [{ source: 'data', target: '/data', readOnly: true }],
    volumeLabels: { a: 'b' },
    stopTimeoutSeconds: 0,
    ports: [
      { containerPort: 80, protocol: 'tcp', hostIp: '127.0.0.1', hostPort: 8001 },
      { containerPort: 80, protocol: 'tcp', hostIp: '127.0.0.1', hostPort: 8002 },
      { containerPort: 53, protocol: 'udp', hostIp: '::1', hostPort: 8001 }
    ]
  })
  t.match(payload, {
    Env: ['A=1', 'B=x=y', 'EMPTY='],
    Cmd: ['serve', '--port', '5000'],
    Entrypoint: ['/bin/sh', '-c'],
    WorkingDir: '/srv',
    User: '1000:1000',
    StopTimeout: 0,
    Healthcheck: { Test: ['CMD', 'true'], Interval: 1.5e9, Timeout: 1e8, StartPeriod: 0, Retries: 0 },
    ExposedPorts: { '80/tcp': {}, '53/udp': {} },
    HostConfig: {
      Memory: 67108864,
      MemorySwap: 67108864,
      NanoCpus: 0.25e9,
      PidsLimit: 9,
      Ulimits: [{ Name: 'nofile', Soft: 4096, Hard: 4096 }],
      StorageOpt: { size: '1000000000' },
      BlkioWeight: 200,
      ReadonlyRootfs: true,
      Runtime: 'runsc',
      RestartPolicy: { Name: 'unless-stopped' },
      Mounts: [
        { Type: 'volume', Source: 'data', Target: '/data', ReadOnly: true, VolumeOptions: { Labels: { a: 'b' } } }
      ],
      PortBindings: {
        '80/tcp': [
          { HostIp: '127.0.0.1', HostPort: '8001' },
          { HostIp: '127.0.0.1', HostPort: '8002' }
        ],
        '53/udp': [{ HostIp: '::1', HostPort: '8001' }]
      }
    }
  })
})

const TOP = [
  'Cmd',
  'Entrypoint',
  'Env',
  'ExposedPorts',
  'Healthcheck',
  'HostConfig',
  'Image',
  'Labels',
  'StopTimeout',
  'User',
  'WorkingDir'
]
const HOST = [
  'BlkioWeight',
  'StorageOpt',
  'CapAdd',
  'CapDrop',
  'Init',
  'LogConfig',
  'Memory',
  'MemorySwap',
  'Mounts',
  'NanoCpus',
  'PidsLimit',
  'Ulimits',
  'PortBindings',
  'RestartPolicy',
  'SecurityOpt'
]

t.test('no request can send other options to the engine', async (t) => {
  const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })
  const words = fc.array(fc.string(), { maxLength: 3 })
  const specs = fc.record({
    image: fc.string(),
    env: fc.dictionary(fc.string(), fc.string()),
    labels: fc.dictionary(fc.string(), fc.string()),
    command: optional(words),
    entrypoint: optional(words),
    workingDir: optional(fc.string()),
    user: optional(fc.string()),
    limits: fc.record({
      memoryBytes: fc.option(fc.nat()),
      cpus: fc.option(fc.double({ noNaN: true })),
      pids: fc.option(fc.nat()),
      nofile: fc.option(fc.nat()),
      storageBytes: fc.option(fc.nat()),
      ioWeight: fc.option(fc.nat())
    }),
    restart: fc.constantFrom('no' as const, 'always' as const),
    volumes: fc.array(
      fc.record({ source: fc.string(), target: fc.string(), readOnly: fc.boolean(), Type: fc.constant('bind') })
    ),
    stopTimeoutSeconds: optional(fc.nat()),
    ports: fc.array(
      fc.record({
        containerPort: fc.nat(),
        protocol: fc.constantFrom('tcp' as const, 'udp' as const),
        hostIp: fc.string(),
        hostPort: fc.nat()
      })
    ),
    // Options that a careless spread would let through.
    HostConfig: fc.constant({ Privileged: true, Binds: ['/:/host'], NetworkMode: 'host', PidMode: 'host' }),
    Privileged: fc.constant(true),
    Volumes: fc.constant({ '/': {} })
  })
  fc.assert(
    fc.property(specs, (asked) => {
      const payload = createPayload(asked)
      const host = payload.HostConfig ?? {}
      if (Object.keys(payload).some((key) => !TOP.includes(key))) return false
      if (Object.keys(host).some((key) => !HOST.includes(key))) return false
      if (host.Mounts?.some((mount) => mount.Type !== 'volume' || Object.keys(mount).length !== 4)) return false
      return (
        String(host.CapDrop) === 'ALL' &&
        host.CapAdd?.length === 7 &&
        String(host.SecurityOpt) === 'no-new-privileges' &&
        host.Init === true &&
        host.LogConfig?.Type === 'json-file'
      )
    })
  )
  t.pass()
})

t.test('a change sends only changed fields', async (t) => {
  const docker = { isPodman: false }
  t.strictSame(updatePayload({}, docker), {})
  t.strictSame(updatePayload({ memoryBytes: 64 }, docker), { Memory: 64, MemorySwap: 64 })
  t.strictSame(updatePayload({ cpus: 0.5, pids: 9, restart: 'always' }, docker), {
    NanoCpus: 5e8,
    PidsLimit: 9,
    RestartPolicy: { Name: 'always' }
  })
  t.strictSame(updatePayload({ memoryBytes: 64 }, { isPodman: true }), { Memory: 64, MemorySwap: 64 })
})
