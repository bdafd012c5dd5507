// Decides which containers may be changed, and serializes the changes of each.

import type { Caller } from '../access/caller.ts'
import { checkMayChange, seenBy } from '../access/ownership.ts'
import type { Config } from '../config.ts'
import type { ContainerRecord } from '../engine/contract/containers.ts'
import { AppError, cancellation, isAppError } from '../errors.ts'
import type { Inventory } from '../inventory/inventory.ts'
import { createKeyedLock } from '../lib/keyed-lock.ts'

export type Changes = ReturnType<typeof createChanges>

type Options = {
  inventory: Inventory
  config: Pick<Config, 'manageForeign'>
  /** The container this server runs in, if it does. */
  ownId: string | undefined
}

export function createChanges({ inventory, config, ownId }: Options) {
  const inOrder = createKeyedLock()

  /** The container, if the caller may change it. */
  function findChangeable(caller: Caller, reference: string): ContainerRecord {
    const record = inventory.find(reference, seenBy(caller))
    if (record.id === ownId)
      throw new AppError(
        'CONTAINER_IS_BERTH',
        'This container runs Berth, which never stops or removes its own container.'
      )
    if (!record.berth.managed && !config.manageForeign) {
      throw new AppError(
        'CONTAINER_NOT_MANAGED',
        `Container ${record.name} was not created by Berth. Set BERTH_MANAGE_FOREIGN=true to manage it.`
      )
    }
    checkMayChange(caller, record.berth, `Container ${record.name}`)
    return record
  }

  /**
   * Serializes the changes of a container. A change that is cancelled while it is queued never starts; a started change
   * finishes, since half of it would leave more to clean up. A forced change goes first, and aborts the signal of a
   * task that only waits.
   */
  async function changing<T>(
    caller: Caller,
    reference: string,
    signal: AbortSignal | undefined,
    task: (record: ContainerRecord, hurry: AbortSignal) => Promise<T>,
    { isForced = false } = {}
  ): Promise<T> {
    await inventory.whenReady()
    const found = findChangeable(caller, reference)
    const change = async (hurry: AbortSignal) => {
      // It may have been replaced or removed in the meantime, and its name reused.
      const record = await inventory.refresh(findChangeable(caller, found.id).id)
      if (!record)
        throw new AppError('CONTAINER_NOT_FOUND', `There is no container with the id or name "${reference}".`)
      try {
        return await inventory.holding(record.id, () => task(record, hurry))
      } catch (error) {
        throw hurry.aborted && !signal?.aborted && isAppError(error, 'REQUEST_CANCELLED') ? hurry.reason : error
      }
    }
    try {
      return await inOrder(firstId(found), change, { signal, urgent: isForced ? () => cutShort(found) : undefined })
    } catch (error) {
      throw signal?.aborted && error === signal.reason ? cancellation(signal) : error
    }
  }

  return {
    find: findChangeable,
    run: changing,

    /** For changes by a rule instead of a request, which need no permission. */
    async runByRule(id: string, task: (record: ContainerRecord) => Promise<void>): Promise<void> {
      const found = inventory.get(id)
      if (!found || id === ownId) return
      await inOrder(firstId(found), async () => {
        const record = inventory.get(id)
        if (record) await task(record)
      })
    }
  }
}

function cutShort({ name }: ContainerRecord): AppError {
  return new AppError('CONTAINER_BUSY', `Container ${name} is being removed with force.`)
}

/** The same for a container and its replacements, so that their changes wait for each other. */
function firstId({ id, berth }: ContainerRecord): string {
  return berth.replaces.at(-1) ?? id
}
