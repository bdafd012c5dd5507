// Two engines without Docker. `fakeEngine` can do only what the test says; `createMemoryEngine` holds containers in memory
// well enough for their whole life, with the refusals a real engine has.

import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type {
  ContainerRecord,
  ContainerSpec,
  Engine,
  EngineEvent,
  EngineStatus,
  ImageRecord,
  LogLine,
  LogQuery,
  NetworkRecord
} from '../../src/engine/engine.ts'
import { AppError } from '../../src/errors.ts'
import { container, idOf, image as imageRecord } from './records.ts'

/** Throws at every call that the test did not give it. */
export function fakeEngine(given: Partial<Engine> = {}): Engine {
  return new Proxy(given, {
    get(target, method, receiver) {
      // A promise check must not look like a call to the engine.
      if (method === 'then') return undefined
      return (
        Reflect.get(target, method, receiver) ??
        (() => {
          throw new Error(`fakeEngine: ${String(method)}() was not expected in this test`)
        })
      )
    }
  }) as Engine
}

/** What changes something outside this server. */
const WRITES = [
  'createContainer',
  'startContainer',
  'stopContainer',
  'removeContainer',
  'renameContainer',
  'updateContainer',
  'commitContainer',
  'exec',
  'pullImage',
  'pushImage',
  'tagImage',
  'removeImage',
  'createNetwork',
  'removeNetwork',
  'createVolume',
  'removeVolume',
  'pruneBuildCache'
] as const satisfies (keyof Engine)[]

type Kept = { record: ContainerRecord; spec: ContainerSpec; lines: LogLine[] }
export type MemoryEngine = ReturnType<typeof createMemoryEngine>

const START = Date.parse('2026-01-01T00:00:00Z')
const REASON = 'nobody listens'

export function createMemoryEngine({ images = ['base-api-server:latest'] }: { images?: string[] } = {}) {
  const kept = new Map<string, Kept>()
  const networks = new Map(
    [networkOf('bridge'), networkOf('host', { driver: 'host' })].map((each) => [each.name, each])
  )
  const volumes = new Map<string, Record<string, string>>()
  const known = new Map(images.map((tag) => [tag, imageOf(tag)]))
  const subscribers = new Set<{ queue: EngineEvent[]; wake: () => void }>()
  const waiters = new Set<() => void>()
  const statusWatchers = new Set<(status: EngineStatus) => void>()
  /** What the registries of this test have. */
  const remote = new Set<string>()
  /** Ports on which other programs of the machine listen. */
  const foreignPorts = new Set<number>()
  const calls: { name: keyof Engine; args: unknown[] }[] = []
  const writes: (keyof Engine)[] = []
  let available = true
  let clock = START
  let made = 0

  const tick = () => new Date((clock += 1_000)).toISOString().replace('Z', '000000Z')

  function status(): EngineStatus {
    return available
      ? {
          available,
          address: 'unix:///fake.sock',
          source: 'test',
          name: 'Memory Engine',
          version: '1.0',
          apiVersion: '1.41'
        }
      : { available, address: 'unix:///fake.sock', reason: REASON, since: new Date(START).toISOString() }
  }

  function reach(): void {
    if (!available) throw new AppError('ENGINE_UNAVAILABLE', `The engine does not answer (${REASON}).`)
  }

  /** By id or name, as engines do. */
  function find(id: string): Kept {
    reach()
    const found = kept.get(id) ?? [...kept.values()].find(({ record }) => record.name === id)
    if (!found) throw new AppError('CONTAINER_NOT_FOUND', `No such container: ${id}`)
    return found
  }

  /** By name, with or without its tag, or by id. */
  function findImage(reference: string): ImageRecord {
    const named = known.get(reference) ?? known.get(`${reference}:latest`)
    const found = named ?? [...known.values()].find(({ id }) => id === reference)
    if (!found) throw new AppError('IMAGE_NOT_FOUND', `No such image: ${reference}`)
    return found
  }

  function emit(action: string, id: string, type: EngineEvent['type'] = 'container', attributes = {}): void {
    for (const { queue, wake } of subscribers) {
      queue.push({ type, action, id, attributes, timeNano: clock * 1e6 })
      wake()
    }
  }

  function change(id: string, action: string, fields: Partial<ContainerRecord>): void {
    const { record } = find(id)
    Object.assign(record, fields)
    emit(action, id)
  }

  function end(id: string, exitCode: number): void {
    change(id, 'die', { state: 'exited', exitCode, pid: null, finishedAt: tick() })
  }

  function portConflict({ ports }: ContainerRecord): number | undefined {
    const running = [...kept.values()].filter(({ record }) => record.state === 'running')
    return ports.find(
      ({ hostPort, protocol }) =>
        foreignPorts.has(hostPort) ||
        running.some(({ record }) =>
          record.ports.some((port) => port.hostPort === hostPort && port.protocol === protocol)
        )
    )?.hostPort
  }

  const engine: Engine = {
    status,
    onStatus: (watcher) => void statusWatchers.add(watcher),

    async whenAvailable(signal) {
      while (!available) {
        signal.throwIfAborted()
        await new Promise<void>((resolve) => {
          waiters.add(resolve)
          signal.addEventListener('abort', () => resolve(), { once: true })
        })
      }
    },

    async info() {
      reach()
      const containers = { total: kept.size, running: 0, paused: 0, stopped: 0 }
      return {
        name: 'memory',
        operatingSystem: 'none',
        kernel: '6.0',
        architecture: 'x86_64',
        cpus: 2,
        memoryBytes: 8e9,
        storageDriver: 'memory',
        rootDir: '/nowhere',
        cgroupVersion: '2',
        images: known.size,
        containers,
        swarm: 'inactive'
      }
    },

    async listContainers(filter) {
      reach()
      const [name = '', value] = filter?.label?.split('=') ?? []
      return [...kept.values()]
        .filter(({ record }) => filter?.label === undefined || record.labels[name] === value)
        .map(({ record: { id, name: called, state, health } }) => ({ id, name: called, state, health }))
    },

    async inspectContainer(id) {
      return structuredClone(find(id).record)
    },

    async containerSpec(id) {
      return structuredClone(find(id).spec)
    },

    async createContainer(name, spec) {
      reach()
      const image = known.get(spec.image)
      if (!image) throw new AppError('IMAGE_NOT_FOUND', `No such image: ${spec.image}`)
      if ([...kept.values()].some(({ record }) => record.name === name))
        throw new AppError('CONTAINER_NAME_TAKEN', `The container name "/${name}" is already in use`)
      const id = idOf(`container ${++made}`)
      for (const { source } of spec.volumes) if (!volumes.has(source)) volumes.set(source, {})
      const record = container({
        id,
        name,
        image: spec.image,
        imageId: image.id,
        state: 'created',
        pid: null,
        createdAt: tick(),
        startedAt: null,
        restart: spec.restart,
        ports: spec.ports,
        // As the adapter does: a label of Berth's own that says nothing is not there.
        labels: Object.fromEntries(
          Object.entries(spec.labels).filter(([label, value]) => value !== '' || !label.startsWith('io.berth.'))
        ),
        command: spec.command ?? ['serve'],
        envNames: Object.keys(spec.env),
        limits: spec.limits,
        networks: spec.network?.name === 'none' ? [] : [{ ...placeOf(spec), address: null }],
        volumes: spec.volumes,
        health: spec.healthcheck ? 'starting' : null
      })
      kept.set(id, structuredClone({ record, spec, lines: [] }))
      emit('create', id)
      return { id, warnings: [] }
    },

    async startContainer(id) {
      const { record } = find(id)
      if (record.state === 'running') return
      const port = portConflict(record)
      if (port !== undefined) {
        throw new AppError('PORT_UNAVAILABLE', `Bind for 127.0.0.1:${port} failed: port is already allocated`, {
          facts: { port }
        })
      }
      const networks = record.networks.map((place) => ({ ...place, address: '172.18.0.2' }))
      change(id, 'start', {
        networks,
        state: 'running',
        pid: 4711,
        exitCode: null,
        startedAt: tick(),
        finishedAt: null
      })
    },

    async stopContainer(id) {
      const { record } = find(id)
      if (record.state === 'running' || record.state === 'paused') end(id, 0)
    },

    async removeContainer(id, { force }) {
      reach()
      const found = kept.get(id)
      if (!found) return false
      if (found.record.state === 'running' && !force)
        throw new AppError('CONTAINER_RUNNING', 'You cannot remove a running container')
      kept.delete(id)
      emit('destroy', id)
      return true
    },

    async renameContainer(id, name) {
      change(id, 'rename', { name })
    },

    async updateContainer(id, { restart, memoryBytes, cpus, pids }) {
      const { limits, restart: before } = find(id).record
      change(id, 'update', {
        restart: restart ?? before,
        limits: {
          memoryBytes: memoryBytes ?? limits.memoryBytes,
          cpus: cpus ?? limits.cpus,
          pids: pids ?? limits.pids
        }
      })
    },

    async commitContainer(id, repository, tag, labels) {
      find(id)
      const image = imageOf(`${repository}:${tag}`, labels)
      known.set(`${repository}:${tag}`, image)
      return image.id
    },

    async *containerLogs(id, _tty, query, signal) {
      const own = find(id)
      let lines = own.lines.filter((line) => isWanted(line, query))
      if (query.tail !== undefined) lines = query.tail === 0 ? [] : lines.slice(-query.tail)
      yield* lines
      if (!query.follow) return
      for (let next = own.lines.length; ;) {
        const line = own.lines[next]
        if (line) {
          next++
          if (isWanted(line, query)) yield line
        } else if (signal?.aborted || own.record.state !== 'running' || !kept.has(id)) {
          return
        } else {
          await new Promise((resolve) => setImmediate(resolve))
        }
      }
    },

    async containerCounters(id) {
      find(id)
      const now = performance.now()
      return {
        cpuNs: now * 1e5,
        clockNs: now * 1e6,
        memoryUsage: 50e6,
        inactiveFile: 5e6,
        cache: 10e6,
        networks: { eth0: { rxBytes: 1000, txBytes: 2000 } },
        blockReadBytes: 0,
        blockWriteBytes: 4096,
        pids: 3
      }
    },

    async containerProcesses(id) {
      const { record } = find(id)
      return { titles: ['PID', 'CMD'], processes: [[String(record.pid), record.command.join(' ')]] }
    },

    async exec(id, { command }) {
      find(id)
      return { exitCode: 0, stdout: `${command.join(' ')}\n`, stderr: '', truncated: false }
    },

    async inspectImage(reference) {
      reach()
      return findImage(reference)
    },

    async listImages(filter) {
      reach()
      const [name = '', value] = filter?.label?.split('=') ?? []
      const all = new Map([...known.values()].map((image) => [image.id, image]))
      return [...all.values()].filter(({ labels }) => filter?.label === undefined || labels[name] === value)
    },

    async pullImage(reference, transfer) {
      reach()
      transfer?.onProgress?.({ layer: 'abc', status: 'Downloading', currentBytes: 1, totalBytes: 2 })
      if (!remote.has(reference)) throw new AppError('REGISTRY_UNAVAILABLE', `Nobody has ${reference} for this test.`)
      known.set(reference, imageOf(reference))
    },

    async pushImage(reference, transfer) {
      reach()
      const image = known.get(reference)
      if (!image) throw new AppError('IMAGE_NOT_FOUND', `An image does not exist locally with the tag: ${reference}`)
      transfer?.onProgress?.({ layer: 'abc', status: 'Pushed', currentBytes: null, totalBytes: null })
      remote.add(reference)
      return { digest: image.id, sizeBytes: 528 }
    },

    async tagImage(source, target) {
      reach()
      const image = findImage(source)
      image.tags.push(target)
      known.set(target, image)
    },

    async removeImage(reference) {
      reach()
      const image = known.get(reference)
      if (!image) return { untagged: [], deleted: [] }
      known.delete(reference)
      image.tags = image.tags.filter((tag) => tag !== reference)
      return { untagged: [reference], deleted: image.tags.length === 0 ? [image.id] : [] }
    },

    hasBuildKit: () => false,

    async *buildImage({ tags }, context, signal) {
      reach()
      context.resume()
      await once(context, 'close')
      signal.throwIfAborted()
      yield { line: 'Step 1/1 : FROM scratch' }
      const id = `sha256:${createHash('sha256').update(tags.join()).digest('hex')}`
      for (const tag of tags) known.set(tag, { ...imageOf(tag), id, tags })
      yield { imageId: id }
    },

    async removeBuildContainers() {
      reach()
    },

    async createVolume(name, labels) {
      reach()
      volumes.set(name, labels)
    },

    async volumeExists(name) {
      reach()
      return volumes.has(name)
    },

    async listVolumes({ label }) {
      reach()
      return [...volumes].flatMap(([name, labels]) =>
        Object.entries(labels).some(([key, value]) => `${key}=${value}` === label) ? [name] : []
      )
    },

    async removeVolume(name) {
      reach()
      if ([...kept.values()].some(({ record }) => record.volumes.some(({ source }) => source === name)))
        throw new AppError('ENGINE_FAILED', `The volume ${name} is in use.`)
      return volumes.delete(name)
    },

    async listNetworks() {
      reach()
      return [...networks.values()]
    },

    async createNetwork({ name, internal, labels }) {
      reach()
      if (networks.has(name)) throw new AppError('NETWORK_NAME_TAKEN', `network with name ${name} already exists`)
      const network = networkOf(name, { internal, labels, joinable: true })
      networks.set(name, network)
      emit('create', network.id, 'network', { name })
      return network.id
    },

    async removeNetwork(id) {
      reach()
      const found = [...networks.values()].find((network) => network.id === id)
      if (!found) return false
      networks.delete(found.name)
      emit('destroy', id, 'network', { name: found.name })
      return true
    },

    async diskUsage() {
      reach()
      const mounted = new Set([...kept.values()].flatMap(({ record }) => record.volumes.map(({ source }) => source)))
      return {
        containers: new Map([...kept.keys()].map((id) => [id, 10])),
        images: new Map([...known.values()].map(({ id, sizeBytes }) => [id, sizeBytes])),
        volumes: [...volumes].map(([name, labels]) => ({
          name,
          labels,
          createdAt: new Date(START).toISOString(),
          sizeBytes: 100,
          isUsed: mounted.has(name)
        })),
        buildCache: [{ sizeBytes: 1_000, isUsed: false, lastUsedAt: new Date(START).toISOString() }]
      }
    },

    async pruneBuildCache() {
      reach()
      return 1_000
    },

    async events(_since, signal) {
      reach()
      const subscriber = { queue: [] as EngineEvent[], wake: () => {} }
      subscribers.add(subscriber)
      signal.addEventListener('abort', () => subscriber.wake(), { once: true })
      return (async function* () {
        try {
          while (available && !signal.aborted) {
            const event = subscriber.queue.shift()
            if (event) yield event
            else await new Promise<void>((resolve) => (subscriber.wake = resolve))
          }
        } finally {
          subscribers.delete(subscriber)
        }
      })()
    }
  }

  const recorded = Object.fromEntries(
    Object.entries(engine).map(([name, method]) => [
      name,
      (...args: unknown[]) => {
        calls.push({ name: name as keyof Engine, args })
        if ((WRITES as readonly string[]).includes(name)) writes.push(name as keyof Engine)
        return (method as (...args: unknown[]) => unknown)(...args)
      }
    ])
  ) as Engine

  return Object.assign(recorded, {
    calls,
    foreignPorts,
    volumes,
    networks,
    images: known,
    remote,
    records: () => [...kept.values()].map(({ record }) => record),
    specs: () => [...kept.values()].map(({ spec }) => spec),
    writes: () => [...writes],

    /** A container that is there without Berth having been asked for it. */
    add(given: Partial<ContainerRecord> = {}): ContainerRecord {
      const record = container({ id: idOf(`container ${++made}`), createdAt: tick(), ...given })
      const spec: ContainerSpec = {
        image: record.image,
        env: {},
        labels: record.labels,
        command: record.command,
        limits: record.limits,
        restart: record.restart,
        volumes: record.volumes,
        ports: record.ports
      }
      kept.set(record.id, { record, spec, lines: [] })
      emit('create', record.id)
      return record
    },

    /** Its workload ends. */
    end,

    /** Something about it changes; the engine reports it as `action`. */
    change,

    write(id: string, text: string, stream: LogLine['stream'] = 'stdout'): LogLine {
      const line = { stream, time: tick(), text }
      find(id).lines.push(line)
      return line
    },

    emit,

    goAway(): void {
      available = false
      for (const { wake } of subscribers) wake()
      for (const watcher of statusWatchers) watcher(status())
    },

    comeBack(): void {
      available = true
      for (const resolve of waiters) resolve()
      waiters.clear()
      for (const watcher of statusWatchers) watcher(status())
    }
  })
}

function imageOf(tag: string, labels: Record<string, string> = {}): ImageRecord {
  return imageRecord({ tags: [tag], labels })
}

function isWanted(line: LogLine, { stdout, stderr, since, until }: LogQuery): boolean {
  if (line.stream === 'stdout' ? !stdout : !stderr) return false
  const seconds = Date.parse(line.time) / 1000
  if (since !== undefined && seconds < Number(since)) return false
  return until === undefined || seconds <= Number(until)
}

function networkOf(name: string, given: Partial<NetworkRecord> = {}): NetworkRecord {
  return {
    id: idOf(`network ${name}`),
    name,
    driver: 'bridge',
    scope: 'local',
    createdAt: new Date(START).toISOString(),
    subnets: ['172.18.0.0/16'],
    internal: false,
    attachable: false,
    labels: {},
    joinable: false,
    ...given
  }
}

function placeOf({ network = { name: 'bridge', aliases: [] } }: ContainerSpec) {
  return structuredClone(network)
}
