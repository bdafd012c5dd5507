// An engine without Docker that holds containers in memory for their whole life, with the refusals of a real engine.
// memory-engine/ has its parts by subject. This file combines them and records the calls.

import type { Engine } from '../../src/engine/contract/engine.ts'
import { archiveCalls } from './memory-engine/archive.ts'
import { createAvailability } from './memory-engine/availability.ts'
import { buildCalls } from './memory-engine/builds.ts'
import { createContainers } from './memory-engine/containers.ts'
import { createEvents } from './memory-engine/events.ts'
import { imageCalls } from './memory-engine/images.ts'
import { networkCalls } from './memory-engine/networks.ts'
import { createState } from './memory-engine/state.ts'
import { systemCalls } from './memory-engine/system.ts'
import { volumeCalls } from './memory-engine/volumes.ts'
import { createWorkloads } from './memory-engine/workloads.ts'

/** Calls that change something outside this server. */
const WRITES = [
  'createContainer',
  'startContainer',
  'stopContainer',
  'removeContainer',
  'renameContainer',
  'pauseContainer',
  'unpauseContainer',
  'updateContainer',
  'commitContainer',
  'exec',
  'startProcess',
  'writeArchive',
  'removePath',
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

export type MemoryEngine = ReturnType<typeof createMemoryEngine>

export function createMemoryEngine({ images = ['base-api-server:latest'] }: { images?: string[] } = {}) {
  const state = createState(images)
  const availability = createAvailability()
  const { reach } = availability
  const events = createEvents(state, availability)
  const { emit } = events
  const containers = createContainers({ state, reach, emit })
  const { find, add, change, end } = containers
  const workloads = createWorkloads({ state, find })

  const engine: Engine = {
    ...availability.calls,
    ...systemCalls({ state, reach }),
    ...containers.calls,
    ...workloads.calls,
    ...archiveCalls({ state, find }),
    ...imageCalls({ state, reach }),
    ...buildCalls({ state, reach }),
    ...volumeCalls({ state, reach }),
    ...networkCalls({ state, reach, emit }),
    ...events.calls
  }

  const calls: { name: keyof Engine; args: unknown[] }[] = []
  const writes: (keyof Engine)[] = []
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

  const { foreignPorts, volumes, networks, images: known, remote, containers: kept } = state
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
    add,
    end,
    change,
    write: workloads.write,
    processes: workloads.processes,
    emit,
    goAway: availability.goAway,
    comeBack: availability.comeBack
  })
}
