// Containers from their creation to their removal. A running one blocks its ports for all others.

import type { ContainerRecord, ContainerSpec } from '../../../src/engine/contract/containers.ts'
import type { Engine } from '../../../src/engine/contract/engine.ts'
import { AppError } from '../../../src/errors.ts'
import { container, idOf, image as imageRecord } from '../records.ts'
import type { Emit } from './events.ts'
import { rootNode } from './file-tree.ts'
import { RUNTIMES, type Kept, type State } from './state.ts'

export function createContainers({ state, reach, emit }: { state: State; reach: () => void; emit: Emit }) {
  const { containers: kept, images, volumes, foreignPorts, tick } = state
  let made = 0
  /** Of images that were made from a container, by id. */
  const environments = new Map<string, Record<string, string>>()

  /** By id or name, as engines do. */
  function look(id: string): Kept | undefined {
    reach()
    return kept.get(id) ?? [...kept.values()].find(({ record }) => record.name === id)
  }

  function find(id: string): Kept {
    const found = look(id)
    if (!found) throw new AppError('CONTAINER_NOT_FOUND', `No such container: ${id}`)
    return found
  }

  function requireFree(name: string): void {
    if ([...kept.values()].some(({ record }) => record.name === name))
      throw new AppError('CONTAINER_NAME_TAKEN', `The container name "/${name}" is already in use`)
  }

  /** A container that exists without a request to Berth. */
  function add(given: Partial<ContainerRecord> = {}): ContainerRecord {
    const record = container({ id: idOf(`container ${++made}`), createdAt: tick(), ...given })
    const spec: ContainerSpec = {
      image: record.image,
      env: {},
      labels: record.labels,
      command: record.command,
      limits: record.limits,
      readOnlyRoot: record.readOnlyRoot,
      runtime: record.runtime ?? undefined,
      restart: record.restart,
      volumes: record.volumes,
      ports: record.ports
    }
    kept.set(record.id, { record, spec, lines: [], files: rootNode() })
    emit('create', record.id)
    return record
  }

  /** Changes the container; the engine reports it as `action`. */
  function change(id: string, action: string, fields: Partial<ContainerRecord>): void {
    const { record } = find(id)
    Object.assign(record, fields)
    emit(action, id)
  }

  /** Its workload ends. */
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

  const calls = {
    async listContainers(filter) {
      reach()
      const [name = '', value] = filter?.label?.split('=') ?? []
      return [...kept.values()]
        .filter(({ record }) => filter?.label === undefined || record.labels[name] === value)
        .map(({ record: { id, name: called, state: itsState, health } }) => ({
          id,
          name: called,
          state: itsState,
          health
        }))
    },

    async inspectContainer(id) {
      return structuredClone(look(id)?.record)
    },

    /** Its images set no defaults. */
    async containerSpec(id) {
      return structuredClone(find(id).spec)
    },

    async createContainer(name, given) {
      reach()
      if (given.placement) throw new AppError('SWARM_NEEDED', 'There is one machine.')
      const image = images.get(given.image) ?? [...images.values()].find(({ id }) => id === given.image)
      if (!image) throw new AppError('IMAGE_NOT_FOUND', `No such image: ${given.image}`)
      const spec = { ...given, env: { ...environments.get(image.id), ...given.env } }
      requireFree(name)
      if (spec.runtime && !RUNTIMES.some((known) => known === spec.runtime))
        throw new AppError('RUNTIME_UNAVAILABLE', `Unknown runtime specified ${spec.runtime}`)
      const id = idOf(`container ${++made}`)
      for (const { source } of spec.volumes) if (!volumes.has(source)) volumes.set(source, spec.volumeLabels ?? {})
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
        // Like the adapter, it leaves out empty labels of Berth.
        labels: Object.fromEntries(
          Object.entries(spec.labels).filter(([label, value]) => value !== '' || !label.startsWith('io.berth.'))
        ),
        command: spec.command ?? ['serve'],
        envNames: Object.keys(spec.env),
        limits: spec.limits,
        readOnlyRoot: spec.readOnlyRoot ?? false,
        runtime: spec.runtime ?? RUNTIMES[0],
        networks: spec.network?.name === 'none' ? [] : [{ ...placeOf(spec), address: null }],
        volumes: spec.volumes,
        mounts: spec.volumes.map(({ target, readOnly }) => ({ target, kind: 'volume', readOnly })),
        health: spec.healthcheck ? 'starting' : null
      })
      kept.set(id, { ...structuredClone({ record, spec, lines: [] }), files: rootNode(spec.volumes) })
      emit('create', id)
      return { id, warnings: [] }
    },

    async startContainer(id) {
      const { record } = find(id)
      if (record.state === 'running') return
      if (record.state === 'paused') throw new AppError('CONTAINER_NOT_RUNNING', 'cannot start a paused container')
      const missing = record.networks.find(({ name }) => !state.networks.has(name))
      if (missing) throw new AppError('NETWORK_NOT_FOUND', `network ${missing.name} not found`)
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
      const { state: now } = found.record
      if ((now === 'running' || now === 'paused') && !force)
        throw new AppError('CONTAINER_RUNNING', `You cannot remove a ${now} container`)
      kept.delete(id)
      emit('destroy', id)
      return true
    },

    async renameContainer(id, name) {
      find(id)
      requireFree(name)
      change(id, 'rename', { name })
    },

    async pauseContainer(id) {
      change(id, 'pause', { state: 'paused' })
    },

    async unpauseContainer(id) {
      change(id, 'unpause', { state: 'running' })
    },

    async updateContainer(id, { restart, memoryBytes, cpus, pids }) {
      const { limits, restart: before } = find(id).record
      change(id, 'update', {
        restart: restart ?? before,
        limits: {
          memoryBytes: memoryBytes ?? limits.memoryBytes,
          cpus: cpus ?? limits.cpus,
          pids: pids ?? limits.pids,
          nofile: limits.nofile,
          storageBytes: limits.storageBytes,
          ioWeight: limits.ioWeight
        }
      })
    },

    async commitContainer(id, repository, tag, { labels, emptied }) {
      const { env } = find(id).spec
      const image = imageRecord({ tags: [`${repository}:${tag}`], labels })
      images.set(`${repository}:${tag}`, image)
      environments.set(image.id, { ...env, ...Object.fromEntries(emptied.map((name) => [name, ''])) })
      return image.id
    }
  } satisfies Partial<Engine>

  return { find, add, change, end, calls }
}

function placeOf({ network = { name: 'bridge', aliases: [] } }: ContainerSpec) {
  return structuredClone(network)
}
