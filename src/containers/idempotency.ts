// The same key and request return the same container: during its creation, later, and after a crash. The container itself
// carries the key, so nothing else is stored.

import type { Caller } from '../access/caller.ts'
import type { Config } from '../config.ts'
import type { ContainerRecord, EngineContainers } from '../engine/contract/containers.ts'
import { AppError, isAppError } from '../errors.ts'
import { sleep } from '../lib/sleep.ts'
import type { Attempts } from './attempts.ts'
import type { Asked, Made, Maker, Origin } from './create.ts'
import { fingerprintOf, isSameRequest, type Fingerprint } from './fingerprint.ts'
import type { Inventory } from '../inventory/inventory.ts'
import { nameForKey } from './plan.ts'
import type { Removal } from './removal.ts'
import type { CreateContainer } from './create-schema.ts'

export type Creator = ReturnType<typeof createCreator>

export type Created = Made & { replayed: boolean }
type Keyed = Origin & { key: string; print: Fingerprint }

const MAX_KEY_TRIES = 3

export function createCreator({
  engine,
  inventory,
  maker,
  attempts,
  removal,
  config
}: {
  engine: Pick<EngineContainers, 'startContainer'>
  inventory: Inventory
  maker: Maker
  attempts: Attempts
  removal: Removal
  config: Config
}) {
  const underWay = new Map<string, { meant: string; result: Promise<Created> }>()

  async function create(caller: Caller, body: CreateContainer, asked: Asked, signal: AbortSignal): Promise<Created> {
    const { key } = asked
    maker.check(body)
    await inventory.whenReady()
    if (key === undefined)
      return { ...(await maker.make(body, { caller, ...asked, requestHash: '' }, signal)), replayed: false }

    const print = fingerprintOf(body, config)
    const owned = ownedKey(key, caller.tokenId)
    const same = underWay.get(owned)
    if (same) {
      checkSame(key, same.meant, print)
      return { ...(await same.result), replayed: true }
    }
    const origin = { caller, ...asked, key, print, requestHash: print.meant, fixedName: nameForKey(owned) }
    const result = createOnce(body, origin, signal).finally(() => underWay.delete(owned))
    underWay.set(owned, { meant: print.meant, result })
    return result
  }

  async function createOnce(body: CreateContainer, origin: Keyed, signal: AbortSignal): Promise<Created> {
    let isReplay = false
    for (let tries = 1; ; tries++) {
      const known = (await findByKey(origin)) ?? (tries > 1 ? await seekHolder(body, origin) : undefined)
      isReplay ||= known !== undefined
      try {
        const created = await (known ? adopt(known, body, origin, signal) : maker.make(body, origin, signal))
        if (created) return { ...created, replayed: isReplay }
      } catch (error) {
        // Another server may have got the same key, too.
        if (!isAppError(error, 'CONTAINER_NAME_TAKEN') || tries === MAX_KEY_TRIES) throw error
      }
    }
  }

  /** A container that is being settled or removed is not returned; the request waits first. */
  async function findByKey(origin: Keyed): Promise<ContainerRecord | undefined> {
    for (;;) {
      const record = carrierOf(origin)
      if (record && attempts.isLeftOver(record)) await attempts.settle(record)
      else if (record && removal.isDying(record)) await removal.finish(record)
      else return record
    }
  }

  function carrierOf(origin: Keyed): ContainerRecord | undefined {
    for (const record of inventory.all()) if (hasKey(record, origin)) return record
    return undefined
  }

  /** The holder of the name for this key. The engine reserves a name well before it shows its container. */
  async function seekHolder(body: CreateContainer, origin: Keyed): Promise<ContainerRecord | undefined> {
    for (let pause = 25; pause < 3_000; pause *= 2) {
      const holder = await inventory.refresh(body.name ?? origin.fixedName ?? '')
      if (holder) return hasKey(holder, origin) ? findByKey(origin) : undefined
      await sleep(pause)
    }
    return undefined
  }

  /** The container with the key, finished if a crash left it half-made. Undefined if it no longer exists. */
  async function adopt(
    record: ContainerRecord,
    body: CreateContainer,
    origin: Keyed,
    signal: AbortSignal
  ): Promise<Made | undefined> {
    checkSame(origin.key, record.berth.requestHash, origin.print)
    const isHalfMade = record.state === 'created' && (body.start ?? true)
    if (isHalfMade && !(await finish(record))) return undefined
    const current = await inventory.refresh(record.id)
    if (!current || removal.isDying(current)) return undefined
    const ready = current.state === 'running' ? await maker.waitUntilReady(current.id, body, signal) : current
    return { record: ready ?? current, warnings: [] }
  }

  /** False if it can never start and was removed. It never ran, so nothing is lost. */
  async function finish(record: ContainerRecord): Promise<boolean> {
    try {
      await engine.startContainer(record.id)
      return true
    } catch (error) {
      if (!isAppError(error, 'PORT_UNAVAILABLE', 'CONTAINER_STUCK')) throw error
      await removal.remove(record.id, { volumes: true })
      return false
    }
  }

  return { check: maker.check, create, isMaking: attempts.isMaking, isOnRecord: attempts.isOnRecord }
}

/** Keys of different tokens are independent, so guessing a key reveals no other token's container. */
function hasKey({ berth }: ContainerRecord, { key, caller }: Keyed): boolean {
  return berth.key === key && berth.owner === caller.tokenId
}

function ownedKey(key: string, owner: string | null): string {
  return owner === null ? key : `${owner} ${key}`
}

function checkSame(key: string, known: string | null, asked: Fingerprint): void {
  if (isSameRequest(asked, known)) return
  throw new AppError(
    'IDEMPOTENCY_KEY_REUSED',
    `The Idempotency-Key "${key}" was used for another request. Use a new key for a new container.`
  )
}
