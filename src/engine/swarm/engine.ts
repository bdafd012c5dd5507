// A Docker Swarm through one of its managers: containers are services of one replica and run on any node. Images, builds and
// volumes belong to the manager's own engine.

import type { Engine } from '../contract/engine.ts'
import type { EngineNodes } from '../contract/nodes.ts'
import { createCalling } from '../docker/calling.ts'
import type { createConnection } from '../docker/connection.ts'
import { dockerEngineOn, type DockerOptions } from '../docker/engine.ts'
import type { EngineAddress } from '../docker/locate.ts'
import { createAvailability } from './availability.ts'
import { createAwaiting } from './awaiting.ts'
import { createContainerCalls } from './containers.ts'
import { createServiceIds } from './ids.ts'
import { createKeeper } from './keeper.ts'
import { createLife } from './life.ts'
import { createOverlayCalls } from './networks.ts'
import { createNodeCalls } from './nodes.ts'
import { createOnNodes } from './on-nodes.ts'
import type { PublishMode } from './payload.ts'
import { createPorts } from './ports.ts'
import { createReads } from './reads.ts'
import { createRemoteEngines } from './remote-engines.ts'
import { createSeenNodes } from './seen-nodes.ts'
import { createSeenTasks } from './seen-tasks.ts'
import { createServices } from './services.ts'
import { createWatchCalls } from './watch.ts'
import { createWorkloadCalls } from './workloads.ts'

export type SwarmOptions = DockerOptions & {
  log: Parameters<typeof createConnection>[0]['log']
  publishMode: PublishMode
  /** The addresses of other nodes' engines. Absent: they are out of reach. */
  addressOf?: ((host: string) => EngineAddress) | undefined
  /** Whether to refuse creates if the Swarm cannot withhold new privileges. */
  refusesNewPrivileges: boolean
}

export function createSwarmEngine(options: SwarmOptions): Engine & { nodes: EngineNodes; close(): void } {
  const {
    connection,
    log,
    changeTimeoutMs,
    registryTimeoutMs: pullTimeoutMs,
    publishMode,
    refusesNewPrivileges
  } = options
  const calls = createCalling(options)
  const own = dockerEngineOn(calls, options)
  const ids = createServiceIds()
  const reads = createReads({ calls, images: own, ids, refusesNewPrivileges })
  const availability = createAvailability({ connection, probe: reads.nodes.renew })
  const services = createServices({ calls, reads })
  const ports = createPorts({ calls, reads })
  const remotes = options.addressOf && createRemoteEngines({ ...options, addressOf: options.addressOf })
  const onNodes = createOnNodes({ own, remotes, reads })
  const awaiting = createAwaiting({ reads, onNodes, changeTimeoutMs, pullTimeoutMs })
  const life = createLife({ reads, services, ports, onNodes, awaiting, changeTimeoutMs })
  const seen = createSeenNodes()
  const seenTasks = createSeenTasks()
  const keeper = createKeeper({ reads, life, log })
  const watching = createWatchCalls({ calls, reads, availability, keeper, seen, seenTasks })
  return {
    ...own,
    status: availability.status,
    onStatus: availability.onStatus,
    whenAvailable: availability.whenAvailable,
    events: watching.events,
    ...createContainerCalls({
      calls,
      reads,
      services,
      ports,
      life,
      awaiting,
      ids,
      images: own,
      publishMode,
      tell: watching.tell
    }),
    ...createWorkloadCalls({ calls, reads, life, onNodes, ids, seenTasks }),
    ...createOverlayCalls(calls),
    nodes: createNodeCalls({ calls, reads, seen }),
    close: () => remotes?.close()
  }
}
