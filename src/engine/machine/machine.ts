// The machine of the containers. A `tcp://` address or a forwarded socket leads to another machine: its memory counts for
// containers without a limit, and listeners here say nothing about its ports.

import { release, totalmem } from 'node:os'
import type { EngineAvailability } from '../contract/availability.ts'
import type { EngineSystem } from '../contract/system.ts'
import type { Listeners } from './listeners.ts'

/** Properties that tell this machine from another. */
export type Identity = { kernel: string; memoryBytes: number }
type Description = Identity & { hasCgroups: boolean }

export type Machine = Listeners & {
  /** Undefined until the engine has described its machine. */
  memoryBytes(): number | undefined
  /** Whether containers are measured and limited there; false, too, when the engine does not say. */
  hasCgroups(): Promise<boolean>
}

type Options = {
  engine: Pick<EngineAvailability, 'status' | 'onStatus'> & Pick<EngineSystem, 'info'>
  listeners: Listeners
  /** Absent: the machine that this process runs on. */
  here?: Identity | undefined
}

export function createMachine({
  engine,
  listeners,
  here = { kernel: release(), memoryBytes: totalmem() }
}: Options): Machine {
  let described: Promise<Description | undefined> | undefined
  let description: Description | undefined

  // A call that fails is repeated by the next caller; the connection reports why the engine does not answer.
  function describe(): Promise<Description | undefined> {
    described ??= engine.info().then(
      (info) => (description = info),
      () => (described = undefined)
    )
    return described
  }

  /** An engine that does not describe itself may be local: an unnecessary check of a port costs nothing. */
  async function isElsewhere(): Promise<boolean> {
    const found = await describe()
    return found !== undefined && (found.kernel !== here.kernel || found.memoryBytes !== here.memoryBytes)
  }

  // Another engine may have replaced the lost one.
  engine.onStatus(({ available }) => {
    described = undefined
    if (available) void describe()
  })

  return {
    memoryBytes() {
      if (description === undefined && engine.status().available) void describe()
      return description?.memoryBytes
    },
    hasCgroups: async () => (await describe())?.hasCgroups ?? false,
    isTaken: async (port, protocol) => !(await isElsewhere()) && listeners.isTaken(port, protocol),
    listening: async (protocol) => ((await isElsewhere()) ? new Set() : listeners.listening(protocol))
  }
}
