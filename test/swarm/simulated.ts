// A Swarm of any size in this process: a manager that answers in the form of a real one (Docker 20.10), and an agent for all of
// its nodes. Each node runs the same number of tasks. It takes no changes; a node can die.

import { createHash } from 'node:crypto'
import { once } from 'node:events'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import https from 'node:https'
import { readCertificates } from '../../src/lib/certificates.ts'
import { IMAGE } from '../helpers/engine.ts'

const ID_LENGTH = 25
const FIRST_PORT = 5_000
const STARTED = '2026-01-01T00:00:00.000000001Z'
/** Like the trust root and certificate data that a real manager repeats for each node. */
const TRUST = { TrustRoot: 'x'.repeat(650), CertIssuerSubject: 'x'.repeat(28), CertIssuerPublicKey: 'x'.repeat(124) }
const PLUGINS = 'awslogs fluentd gcplogs gelf journald json-file local logentries splunk syslog'
  .split(' ')
  .map((name) => ({ Type: 'Log', Name: name }))
const VERSION = {
  Version: '20.10.24',
  ApiVersion: '1.41',
  MinAPIVersion: '1.12',
  Os: 'linux',
  Arch: 'amd64',
  Components: [{ Name: 'Engine', Version: '20.10.24' }]
}

const idOf = (kind: string, number: number, length = ID_LENGTH) =>
  createHash('sha256').update(`${kind} ${number}`).digest('hex').slice(0, length)

type Options = { nodes: number; tasksEach: number; socket: string; agents: { port: number; certs: string } }

export async function startSimulated({ nodes: count, tasksEach, socket, agents }: Options) {
  const calls = new Map<string, number>()
  const nodes = Array.from({ length: count }, (_none, number) => nodeOf(number))
  const serviceIds = new Map<string, number>()
  const services = Array.from({ length: count * tasksEach }, (_none, number) => {
    serviceIds.set(idOf('service', number), number)
    serviceIds.set(`many-${number}`, number)
    return JSON.stringify(serviceOf(number))
  })
  // The nodes of a service so far, newest first, and the texts of its tasks.
  const places = services.map((_service, number) => [number % count])
  const tasks = places.map((each, number) => textsOf(number, each))

  const countCall = (what: string) => calls.set(what, (calls.get(what) ?? 0) + 1)

  function answer(path: string, query: URLSearchParams): unknown {
    const filters = JSON.parse(query.get('filters') ?? '{}') as Record<string, string[] | Record<string, true>>
    const [, kind = '', name = ''] = path.split('/')
    countCall(filters.service ? `${kind} of a service` : name ? `${kind}/…` : kind)
    if (kind === '_ping') return 'OK'
    if (kind === 'version') return VERSION
    if (kind === 'info') return { ServerVersion: '20.10.24', CgroupVersion: '1', NCPU: 2, MemTotal: 25e9, Swarm: OWN }
    if (kind === 'nodes' && !name) return nodes
    if (kind === 'services') return name ? services[serviceIds.get(name) ?? -1] : list(services)
    if (kind === 'tasks' && filters.service)
      return list(valuesOf(filters.service).flatMap((id) => tasks[serviceIds.get(id) ?? -1] ?? []))
    if (kind === 'tasks' && filters['desired-state']) return list(tasks.map(([newest = '']) => newest))
    if (kind === 'tasks') return list(tasks.flat())
    if (kind === 'images' && name !== 'json') return OWN_IMAGE
    if (kind === 'images') return filters.label ? [] : [{ ...OWN_IMAGE, Created: 1_767_225_600 }]
    return ['containers', 'networks', 'configs'].includes(kind) ? [] : undefined
  }

  function manage(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://manager')
    const path = pathname.replace(/^\/v1\.\d+/, '')
    response.setHeader('api-version', '1.41')
    if (path === '/events') return response.writeHead(200).flushHeaders()
    send(response, answer(path, searchParams))
  }

  const manager = http.createServer(manage)
  manager.listen(socket)
  const agent = https.createServer(
    { ...readCertificates(agents.certs), requestCert: true },
    ({ url = '/' }, response) => {
      countCall('agent')
      response.setHeader('api-version', '1.41')
      const isStats = url.includes('/stats')
      send(response, isStats ? statsNow() : url.includes('version') ? VERSION : 'OK')
    }
  )
  agent.listen(agents.port, '0.0.0.0')
  await Promise.all([once(manager, 'listening'), once(agent, 'listening')])

  return {
    /** Returns the calls since the last time. */
    takeCalls(): Record<string, number> {
      const taken = Object.fromEntries([...calls].toSorted(([one], [other]) => (one < other ? -1 : 1)))
      calls.clear()
      return taken
    },

    /** Its tasks start elsewhere at once. Returns the names of their services. */
    loseNode(lost: number): string[] {
      nodes[lost] = nodeOf(lost, 'down')
      const names: string[] = []
      for (const [number, own] of places.entries()) {
        if (own[0] !== lost) continue
        own.unshift((lost + 1 + (number % (count - 1))) % count)
        tasks[number] = textsOf(number, own)
        names.push(`many-${number}`)
      }
      return names
    },

    async close(): Promise<void> {
      for (const server of [manager, agent]) {
        server.closeAllConnections()
        server.close()
      }
    }
  }
}

const OWN = { NodeID: idOf('node', 0), LocalNodeState: 'active', ControlAvailable: true }
const OWN_IMAGE = {
  Id: `sha256:${idOf('image', 0, 64)}`,
  RepoTags: [IMAGE],
  RepoDigests: null,
  Created: STARTED,
  Config: {},
  Labels: null,
  Size: 1_984_132
}

const list = (texts: string[]): string => `[${texts.join(',')}]`
const valuesOf = (filter: string[] | Record<string, true>): string[] =>
  Array.isArray(filter) ? filter : Object.keys(filter)

function send(response: ServerResponse, answer: unknown): void {
  if (answer === undefined) response.statusCode = 404
  response.setHeader('content-type', 'application/json')
  response.end(typeof answer === 'string' ? answer : JSON.stringify(answer ?? { message: 'page not found' }))
}

function nodeOf(number: number, state = 'ready') {
  const address = `127.0.1.${number + 1}`
  return {
    ID: idOf('node', number),
    Version: { Index: number },
    CreatedAt: STARTED,
    UpdatedAt: STARTED,
    Spec: { Labels: {}, Role: number < 3 ? 'manager' : 'worker', Availability: 'active' },
    Description: {
      Hostname: `n${number}`,
      Platform: { Architecture: 'x86_64', OS: 'linux' },
      Resources: { NanoCPUs: 16e9, MemoryBytes: 64e9 },
      Engine: { EngineVersion: '20.10.24', Plugins: PLUGINS },
      TLSInfo: TRUST
    },
    Status: { State: state, Addr: address },
    ...(number < 3 && { ManagerStatus: { Leader: number === 0, Reachability: 'reachable', Addr: `${address}:2377` } })
  }
}

function labelsOf(number: number): Record<string, string> {
  const names =
    'anonymous-volumes idempotency-key image owner replaces request-hash resumes-old team ttl-seconds'.split(' ')
  return {
    ...Object.fromEntries(names.map((name) => [`io.berth.${name}`, ''])),
    'io.berth.attempt': `f24e2141-101c-405a-a8cb-${String(number).padStart(12, '0')}`,
    'io.berth.instance': '76a7e5d9-cfa0-454b-b8a8-9d9b9481ea65',
    'io.berth.managed': 'true',
    'io.berth.shared': 'false',
    'io.berth.start': 'true'
  }
}

function templateOf(number: number) {
  return {
    ContainerSpec: {
      Image: IMAGE,
      Labels: labelsOf(number),
      Args: ['sleep', '3600'],
      Env: [`HOST_PORT=${FIRST_PORT + number}`],
      Privileges: { CredentialSpec: null, SELinuxContext: null },
      Init: true,
      StopGracePeriod: 10e9,
      Isolation: 'default',
      CapabilityAdd: 'CHOWN DAC_OVERRIDE FOWNER KILL NET_BIND_SERVICE SETGID SETUID'
        .split(' ')
        .map((one) => `CAP_${one}`),
      CapabilityDrop: ['ALL']
    },
    Resources: { Limits: { NanoCPUs: 1e9, MemoryBytes: 536_870_912, Pids: 256 } },
    RestartPolicy: { Condition: 'none', Delay: 1e9, MaxAttempts: 0 },
    LogDriver: { Name: 'json-file', Options: { 'max-file': '3', 'max-size': '10m' } },
    ForceUpdate: 0
  }
}

const portOf = (number: number) => ({
  Protocol: 'tcp',
  TargetPort: 5000,
  PublishedPort: FIRST_PORT + number,
  PublishMode: 'host'
})

function serviceOf(number: number) {
  const spec = {
    Name: `many-${number}`,
    Labels: { ...labelsOf(number), 'io.berth.swarm.restart': 'no' },
    TaskTemplate: { ...templateOf(number), Runtime: 'container' },
    Mode: { Replicated: { Replicas: 1 } },
    UpdateConfig: { Parallelism: 1, FailureAction: 'continue', MaxFailureRatio: 0, Order: 'stop-first' },
    EndpointSpec: { Mode: 'dnsrr', Ports: [portOf(number)] }
  }
  const off = { ...spec, Mode: { Replicated: { Replicas: 0 } } }
  const times = { CreatedAt: STARTED, UpdatedAt: STARTED }
  return {
    ID: idOf('service', number),
    Version: { Index: number },
    ...times,
    Spec: spec,
    PreviousSpec: off,
    Endpoint: {}
  }
}

/** Newest first. The older ones should end and cannot, since their node is lost. */
function textsOf(number: number, places: number[]): string[] {
  return places.map((node, index) => {
    const generation = places.length - 1 - index
    const time = new Date(Date.parse(STARTED) + generation * 60_000).toISOString()
    return JSON.stringify({
      ID: idOf(`task ${generation}`, number),
      Version: { Index: number },
      CreatedAt: time,
      UpdatedAt: time,
      Labels: {},
      Spec: templateOf(number),
      ServiceID: idOf('service', number),
      Slot: 1,
      NodeID: idOf('node', node),
      Status: {
        Timestamp: time,
        State: 'running',
        Message: 'started',
        ContainerStatus: { ContainerID: idOf(`container ${generation}`, number, 64), PID: 326, ExitCode: 0 },
        PortStatus: { Ports: [portOf(number), portOf(number)] }
      },
      DesiredState: index === 0 ? 'running' : 'shutdown'
    })
  })
}

/** In the form of an agent. */
function statsNow() {
  const now = Number(process.hrtime.bigint())
  return {
    read: new Date().toISOString(),
    cpu_stats: { cpu_usage: { total_usage: now / 100 }, system_cpu_usage: now, online_cpus: 1 },
    memory_stats: { usage: 2e6, stats: { inactive_file: 0, file: 0 } },
    pids_stats: { current: 1 },
    networks: { eth0: { rx_bytes: 0, tx_bytes: 0 } },
    blkio_stats: { io_service_bytes_recursive: [] }
  }
}
