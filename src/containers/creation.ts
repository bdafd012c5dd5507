// The one container of an attempt. Berth trusts an id only if its container carries the label of the attempt: the
// answer may be lost, or belong to another call, and the next step would hit another container.

import type { EngineAvailability } from '../engine/contract/availability.ts'
import type { ContainerSpec, EngineContainers } from '../engine/contract/containers.ts'
import { labelFilter } from '../engine/labels.ts'
import { AppError, isAppError } from '../errors.ts'
import type { Inventory } from '../inventory/inventory.ts'

export type Created = { id: string; warnings: string[] }

const FIND_MS = 5_000

export function createCreation({
  engine,
  inventory
}: {
  engine: Pick<EngineContainers, 'createContainer' | 'listContainers'> & Pick<EngineAvailability, 'whenAvailable'>
  inventory: Pick<Inventory, 'refresh'>
}) {
  async function check(id: string, attempt: string): Promise<void> {
    const record = await inventory.refresh(id).catch((cause: unknown) => {
      throw uncertain('The container that was made could not be read.', cause)
    })
    if (record?.berth.attempt !== attempt)
      throw uncertain('The engine named a container that is not the one that was to be made.')
  }

  /** Undefined if there is none, or if this is unknown. */
  async function find(attempt: string): Promise<string | undefined> {
    try {
      await engine.whenAvailable(AbortSignal.timeout(FIND_MS))
      const [found] = await engine.listContainers({ label: labelFilter('attempt', attempt) })
      if (found) await check(found.id, attempt)
      return found?.id
    } catch {
      return undefined
    }
  }

  /**
   * A create whose answer is of no use may have been carried out all the same: its container is looked for. When it is not
   * found, the error is an uncertain one and keeps the attempt among those to be settled.
   */
  return async (attempt: string, name: string, spec: ContainerSpec, signal?: AbortSignal): Promise<Created> => {
    try {
      const created = await engine.createContainer(name, spec, signal)
      await check(created.id, attempt)
      return created
    } catch (error) {
      if (!isUncertain(error)) throw error
      const id = await find(attempt)
      if (id === undefined) throw error
      return { id, warnings: [] }
    }
  }
}

function uncertain(what: string, cause?: unknown): AppError {
  return new AppError('ENGINE_ANSWER_INVALID', `${what} Berth checks the outcome later.`, { cause })
}

/** Whether the engine may have carried out a call without answering it. */
export function isUncertain(error: unknown): boolean {
  return isAppError(
    error,
    'ENGINE_TIMEOUT',
    'ENGINE_UNAVAILABLE',
    'SWARM_UNAVAILABLE',
    'ENGINE_ANSWER_INVALID',
    'ENGINE_FAILED'
  )
}
