// Decides who may see, use and move the names of images. A name belongs to the token that built or tagged it. Everybody may
// use a name without an owner, such as a pulled one, and admins may move it.

import type { Caller } from '../access/caller.ts'
import { isAdmin, mayChange, maySee, seenBy } from '../access/ownership.ts'
import type { ContainerRecord } from '../engine/contract/containers.ts'
import type { EngineImages, ImageRecord, ImageSummary } from '../engine/contract/images.ts'
import { AppError } from '../errors.ts'
import { parseReference } from '../lib/reference.ts'
import type { ImageNameRow, ImageNameStore } from '../store/contract/image-names.ts'
import { tagOf } from './remove.ts'
import { visibleTo } from './visible.ts'

type Options = {
  table: ImageNameStore
  engine: Pick<EngineImages, 'listImages'>
  read: (reference: string) => Promise<ImageRecord | undefined>
  containers: () => Iterable<ContainerRecord>
  usersOf: (imageId: string) => ContainerRecord[]
  /** The default image of containers, which belongs to the operator. */
  defaultImage: string
  now?: () => number
}

// Far longer than the wait and run of a build, which claims its names before they exist.
const FREE_AFTER_MS = 24 * 3_600_000
const OF_ANOTHER = 'it belongs to another token'

export function createImageOwnership(options: Options) {
  const { table, engine, read, containers, usersOf, defaultImage, now = Date.now } = options

  const exists = async (reference: string) => (await read(tagOf(reference) ?? reference)) !== undefined

  /** The references whose names the caller must not see. */
  async function hiddenFrom(caller: Caller, references: string[]): Promise<ReadonlySet<string>> {
    const names = references.map(fullName)
    const rows = await table.find(names.filter((name) => name !== undefined))
    const hidden = new Set(rows.filter((row) => !maySee(caller, row)).map(({ name }) => name))
    return new Set(references.filter((_reference, index) => hidden.has(names[index] ?? '')))
  }

  /** An old claim counts only if it has an image: a build may have failed. */
  async function holderOf(name: string, reference: string): Promise<ImageNameRow | undefined> {
    const [row] = await table.find([name])
    if (!row || row.claimedAt > now() - FREE_AFTER_MS || (await exists(reference))) return row
    await table.remove(name)
    return undefined
  }

  async function isForeign(caller: Caller, reference: string): Promise<boolean> {
    const name = fullName(reference)
    if (isAdmin(caller) || name === undefined) return false
    const holder = await holderOf(name, reference)
    return holder !== undefined && !mayChange(caller, holder)
  }

  /** Returns the reason why the caller may not have the name, or undefined once it has. */
  async function claim(caller: Caller, reference: string): Promise<string | undefined> {
    const [name, { tokenId: owner, team }] = [fullName(reference), caller]
    if (isAdmin(caller) || name === undefined || owner === null) return undefined
    if (!(await holderOf(name, reference)) && (await exists(reference)))
      return 'it exists and belongs to no token, so only an admin may move it'
    return mayChange(caller, await table.claim({ name, owner, team, claimedAt: now() })) ? undefined : OF_ANOTHER
  }

  /**
   * Containers are created and recreated by the names of their images, so a token alone cannot move a name that others
   * depend on.
   */
  async function checkMayMove(caller: Caller, reference: string): Promise<void> {
    if (isAdmin(caller)) return
    if (await isForeign(caller, reference)) throw mayNotTake(caller, reference, OF_ANOTHER)
    if (fullName(reference) === fullName(defaultImage))
      throw mayNotTake(caller, reference, 'it is what containers of this server are made from')
    const image = await read(tagOf(reference) ?? reference)
    if (image && usersOf(image.id).some(({ berth }) => !mayChange(caller, berth)))
      throw mayNotTake(caller, reference, 'a container that is not its own was made from that image')
  }

  return {
    checkMayMove,

    /** A pull must not replace another token's image. */
    async checkMayPull(caller: Caller, reference: string): Promise<void> {
      if (await isForeign(caller, reference)) throw mayNotTake(caller, reference, OF_ANOTHER)
    },

    /** The image as the caller sees it. */
    async seen(caller: Caller, reference: string, image: ImageRecord): Promise<ImageRecord | undefined> {
      if (caller.seesAll) return image
      const hidden = await hiddenFrom(caller, [reference, ...image.tags])
      if (hidden.has(reference)) return undefined
      const isUsed = usersOf(image.id).some(seenBy(caller))
      return visibleTo(image, { hidden, isUsed, byDigest: parseReference(reference)?.digest !== undefined })
    },

    /** All images that the caller sees. */
    async all(caller: Caller): Promise<ImageSummary[]> {
      const images = await engine.listImages()
      if (caller.seesAll) return images
      const tags = images.flatMap((image) => image.tags)
      const hidden = await hiddenFrom(caller, tags)
      const used = new Set([...containers()].filter(seenBy(caller)).map(({ imageId }) => imageId))
      return images.flatMap((image) => visibleTo(image, { hidden, isUsed: used.has(image.id) }) ?? [])
    },

    /** Assigns a free name to the caller. A name of another stays unchanged. */
    claimFree: claim,

    /** From now on the name is the caller's. */
    async take(caller: Caller, reference: string): Promise<void> {
      await checkMayMove(caller, reference)
      const why = await claim(caller, reference)
      if (why !== undefined) throw mayNotTake(caller, reference, why)
    },

    async release(reference: string): Promise<void> {
      const name = fullName(reference)
      if (name !== undefined) await table.remove(name)
    }
  }
}

/** Takes any spelling. Undefined for an id or a digest, which have no owner. */
function fullName(reference: string): string | undefined {
  const parsed = parseReference(reference)
  if (!parsed || parsed.digest !== undefined) return undefined
  return `${parsed.registry}/${parsed.repository}:${parsed.tag ?? 'latest'}`
}

function mayNotTake({ name }: Caller, reference: string, why: string): AppError {
  return new AppError(
    'FORBIDDEN',
    `The token "${name}" may not move or take the name ${reference}: ${why}. Use another name.`
  )
}
