// One machine's Docker engine (or Podman's Docker API). The calls themselves are in the files of their subjects.

import type { Engine } from '../contract/engine.ts'
import { createArchiveCalls } from './archive.ts'
import { createBuilderCalls } from './builder.ts'
import { createCalling, type Calling, type CallingOptions } from './calling.ts'
import { createContainerCalls } from './containers.ts'
import { createImageCalls } from './images.ts'
import { createNetworkCalls } from './networks.ts'
import { createSystemCalls } from './system.ts'
import { createVolumeCalls } from './volumes.ts'
import { createWatchCalls } from './watch.ts'
import { createWorkloadCalls } from './workloads.ts'

export type DockerOptions = CallingOptions & {
  registryIdleMs: number
  registryTimeoutMs: number
  /** Where this machine shows its processes. */
  procFolder?: string
}

export function createDockerEngine(options: DockerOptions): Engine {
  return dockerEngineOn(createCalling(options), options)
}

/** The same, with the calls that other parts also use. */
export function dockerEngineOn(calls: Calling, options: DockerOptions): Engine {
  const { connection, changeTimeoutMs } = options
  return {
    status: connection.status,
    figures: calls.figures,
    onStatus: connection.onStatus,
    whenAvailable: connection.whenAvailable,
    ...createContainerCalls(calls, { changeTimeoutMs, isPodman: connection.isPodman }),
    ...createWorkloadCalls(calls, { ...options, isPodman: connection.isPodman }),
    ...createArchiveCalls(calls),
    ...createImageCalls(calls, { idleMs: options.registryIdleMs, totalMs: options.registryTimeoutMs }),
    ...createBuilderCalls(calls, connection),
    ...createVolumeCalls(calls),
    ...createNetworkCalls(calls),
    ...createSystemCalls(calls),
    ...createWatchCalls(calls)
  }
}
