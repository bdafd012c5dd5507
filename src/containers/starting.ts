// Starts a container on its previous ports. If that is impossible, recreates it.

import type { ContainerRecord, EngineContainers } from '../engine/contract/containers.ts'
import { AppError, isAppError } from '../errors.ts'
import type { PortService } from '../ports/service.ts'
import type { PortChange, Replacer } from './replace.ts'

export type Started = {
  record: ContainerRecord
  /** Undefined if the same container runs. */
  again: { reason: string; changes: PortChange[] } | undefined
}

type Options = { engine: Pick<EngineContainers, 'startContainer'>; ports: PortService; replacer: Replacer }

export function createStarting({ engine, ports, replacer }: Options) {
  async function makeAgain(record: ContainerRecord, reason: string): Promise<Started> {
    if (!record.berth.managed) {
      throw new AppError(
        'PORT_UNAVAILABLE',
        `A port of ${record.name} is taken, and Berth recreates only containers that it created.`
      )
    }
    const { record: made, changes } = await replacer.replace(record)
    return { record: made, again: { reason, changes } }
  }

  /** `done` is run while its ports are still held. */
  return async (record: ContainerRecord, done: () => Promise<ContainerRecord>): Promise<Started> => {
    try {
      const started = await ports.withOwnPorts(record, async () => {
        await engine.startContainer(record.id)
        return done()
      })
      if (started) return { record: started, again: undefined }
      return await makeAgain(record, 'since its own ports had been taken')
    } catch (error) {
      // It does not run and never will. Only its files are left, and those are kept.
      if (!isAppError(error, 'CONTAINER_STUCK') || !record.berth.managed) throw error
      return makeAgain(record, 'since the engine could no longer start it')
    }
  }
}

/** The message for the caller. */
export function describeStart({ again }: Started): string {
  if (!again) return 'Container started'
  const { reason, changes } = again
  return changes.length > 0
    ? `Container started on other ports, ${reason}: ${describeChanges(changes)}`
    : `Container started anew, ${reason}`
}

function describeChanges(changes: PortChange[]): string {
  return changes.map(({ containerPort, from, to }) => `${containerPort} was on ${from} and is on ${to}`).join(', ')
}
