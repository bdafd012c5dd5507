// The images of the engine: find the image of a container, pull, push, tag and remove.

import type { Caller } from '../access/caller.ts'
import { seenBy } from '../access/ownership.ts'
import type { ContainerRecord } from '../engine/contract/containers.ts'
import type { EngineImages, ImageRecord, Transfer } from '../engine/contract/images.ts'
import { isKept, isKeptName } from '../engine/kept-images.ts'
import { AppError, invalidField, isAppError } from '../errors.ts'
import { closest } from '../lib/closest.ts'
import type { GivenCredentials } from '../registry/login.ts'
import type { RegistryService } from '../registry/service.ts'
import { selectImages, type Page } from './list.ts'
import { requireName } from './name.ts'
import { createImageOwnership } from './ownership.ts'
import { removals } from './remove.ts'
import type { ImageDetails, ListImagesQuery, PushedImage, RemovedImage } from './schemas.ts'
import { createSharedPulls } from './shared-pulls.ts'
import { createSharing } from './sharing.ts'
import type { ImageNameStore } from '../store/contract/image-names.ts'
import { viewDetails, viewImage } from './view.ts'

const UNFOUND = ['IMAGE_NOT_FOUND', 'REGISTRY_UNAVAILABLE', 'REGISTRY_UNAUTHORIZED', 'REGISTRY_FORBIDDEN'] as const
const IMAGE_ID = /^(sha256:)?[0-9a-f]{64}$/

type PullPolicy = 'missing' | 'always' | 'never'

/** `credentials` are for this one transfer; without them Berth looks for its own, if the caller may use them. */
export type TransferRequest = {
  credentials?: GivenCredentials | undefined
  signal: AbortSignal
  onProgress?: Transfer['onProgress']
}

type FindRequest = TransferRequest & {
  pull: PullPolicy
  /** Throws if the caller may not pull. */
  beforePull?: () => void
}

export type ImageService = ReturnType<typeof createImageService>

type Options = {
  engine: EngineImages
  registries: RegistryService
  containers: () => Iterable<ContainerRecord>
  policy: { check(wish: { images: string[] }): void }
  table: ImageNameStore
  /** The default image of containers, which belongs to the operator. */
  defaultImage: string
  onImagesChanged: (watcher: () => void) => void
  /** Absent on a single engine. */
  cluster?: { registry: string | undefined } | undefined
}

export function createImageService({
  engine,
  registries,
  containers,
  policy,
  table,
  defaultImage,
  onImagesChanged,
  cluster
}: Options) {
  // Every create needs the exposed ports of its image, so they are cached; the engine reports when an image changes.
  const known = new Map<string, ImageRecord>()
  onImagesChanged(() => known.clear())
  const sharedPull = createSharedPulls()
  const exists = async (reference: string) => (await read(reference)) !== undefined
  const ownership = createImageOwnership({ table, engine, read, containers, usersOf, defaultImage })

  const share = createSharing({
    engine,
    registries,
    cluster,
    claim: ownership.claimFree,
    onTagged: () => known.clear()
  })

  async function inspect(reference: string): Promise<ImageRecord | undefined> {
    return known.get(reference) ?? (await read(reference))
  }

  async function read(reference: string): Promise<ImageRecord | undefined> {
    const image = await engine.inspectImage(reference)
    if (image) known.set(reference, image)
    return image
  }

  function fetch(reference: string, request: TransferRequest & { owner: string | null }): Promise<void> {
    const { registry } = requireName('image', reference)
    const { signal, onProgress } = request
    return registries.withLogin(registry, 'pull', request, (login) =>
      engine.pullImage(reference, { login, signal, onProgress })
    )
  }

  /** Callers that may use the operator's login share a pull. */
  function fetchTogether(reference: string, request: TransferRequest & { owner: string | null }): Promise<void> {
    const { registry } = requireName('image', reference)
    const { owner } = request
    const key = registries.mayUseLogin(owner, registry, 'pull') ? reference : `${reference} without a login`
    return sharedPull(key, request, (life) => fetch(reference, { owner, ...life }))
  }

  async function bring(caller: Caller, reference: string, given: TransferRequest): Promise<ImageRecord> {
    requireName('image', reference)
    await ownership.checkMayPull(caller, reference)
    const request = { ...given, owner: caller.tokenId }
    // A pull with its own login is not shared.
    try {
      await (request.credentials ? fetch(reference, request) : fetchTogether(reference, request))
    } catch (error) {
      throw await withMeant(caller, reference, error)
    }
    known.delete(reference)
    const pulled = await inspect(reference)
    if (!pulled) throw new AppError('IMAGE_NOT_FOUND', `The image ${reference} was pulled but cannot be found.`)
    return pulled
  }

  /** A name that no registry has may be a misspelt one of a local image. */
  async function withMeant(caller: Caller, reference: string, error: unknown): Promise<unknown> {
    if (!isAppError(error, ...UNFOUND)) return error
    const here = (await ownership.all(caller).catch(() => [])).flatMap(({ tags }) => tags)
    const meant = closest(reference, [...here, ...here.map((tag) => tag.replace(/:latest$/, ''))])
    if (meant === undefined || meant === reference) return error
    const said = `${error.message.replace(/\.?$/, '.')} Did you mean ${meant}, which is on this machine?`
    return new AppError(error.code, said, { ...(error.facts && { facts: error.facts }), cause: error })
  }

  /** Images that keep the file system of a container have no other use, by name or by id. */
  function refuseKept(reference: string, image?: ImageRecord): void {
    if (!isKeptName(reference) && !(image && isKept(image))) return
    const message = `"${reference}" keeps the files of a container for Berth and is for nothing else`
    throw new AppError('POLICY_REFUSED', `image ${message}`, { fields: [{ field: 'image', message }] })
  }

  /** Throws for an image that Berth keeps for itself, and for one that does not exist for the caller. */
  async function checkMayUse(caller: Caller, reference: string, image: ImageRecord | undefined): Promise<void> {
    refuseKept(reference, image)
    if (image && !(await ownership.seen(caller, reference, image))) throw notHere(reference)
  }

  function usersOf(imageId: string): ContainerRecord[] {
    return [...containers()].filter((container) => container.imageId === imageId)
  }

  function details(caller: Caller, image: ImageRecord): ImageDetails {
    return viewDetails(image, usersOf(image.id).filter(seenBy(caller)))
  }

  async function get(caller: Caller, reference: string): Promise<ImageRecord> {
    const known = await read(reference)
    const image = known && (await ownership.seen(caller, reference, known))
    if (!image) throw notHere(reference)
    return image
  }

  return {
    /** Throws for an invalid reference, before anything starts. */
    checkName: (reference: string): void => void requireName('image', reference),

    /** The same, and for an invalid login. */
    checkPush(reference: string, credentials: TransferRequest['credentials']): void {
      registries.checkLogin(requireName('image', reference).registry, credentials)
    },

    async list(caller: Caller, query: ListImagesQuery): Promise<Page> {
      const users = Map.groupBy([...containers()].filter(seenBy(caller)), ({ imageId }) => imageId)
      const images = await ownership.all(caller)
      return selectImages(
        images.map((image) => viewImage(image, users.get(image.id) ?? [])),
        query
      )
    },

    get: async (caller: Caller, reference: string): Promise<ImageDetails> =>
      details(caller, await get(caller, reference)),

    async pull(caller: Caller, reference: string, request: TransferRequest): Promise<ImageDetails> {
      policy.check({ images: [reference] })
      refuseKept(reference)
      await registries.checkReach(caller.tokenId, [reference])
      const image = await bring(caller, reference, request)
      return details(caller, (await ownership.seen(caller, reference, image)) ?? image)
    },

    async push(caller: Caller, reference: string, given: TransferRequest): Promise<PushedImage> {
      const request = { ...given, owner: caller.tokenId }
      const { registry, repository, tag = 'latest', digest } = requireName('image', reference)
      if (digest !== undefined)
        throw invalidField('image', 'must be a name with a tag: an image cannot be pushed by digest')
      await checkMayUse(caller, reference, await read(reference))
      await registries.checkReach(request.owner, [reference])
      const { signal, onProgress } = request
      const pushed = await registries.withLogin(registry, 'push', request, (login) =>
        engine.pushImage(reference, { login, signal, onProgress })
      )
      const held = await registries.confirm({ registry, repository, tag, digest: pushed.digest }, request)
      return {
        image: reference,
        registry,
        digest: pushed.digest,
        size: pushed.sizeBytes,
        confirmed: held.confirmed,
        message: held.confirmed
          ? 'Pushed, and the registry has it'
          : `Pushed, as the engine says; the registry could not confirm it: ${held.reason}`
      }
    },

    /** Moves the name from the image that had it. */
    async tag(caller: Caller, reference: string, target: string): Promise<ImageDetails> {
      const { digest } = requireName('target', target)
      if (digest !== undefined) throw invalidField('target', 'must be a name with a tag, not a digest')
      policy.check({ images: [reference, target] })
      refuseKept(target)
      await checkMayUse(caller, reference, await read(reference))
      await registries.checkReach(caller.tokenId, [target])
      await ownership.take(caller, target)
      await engine.tagImage(reference, target)
      known.clear()
      return details(caller, await get(caller, target))
    },

    /** For the names of a build. Throws for those that the caller may not move to another image. */
    async take(caller: Caller, references: string[]): Promise<void> {
      for (const reference of references) await ownership.checkMayMove(caller, reference)
      for (const reference of references) await ownership.take(caller, reference)
    },

    checkMayUse,
    exists,
    share,

    /** Removes a name added for a push. The image has another name, and the push counts even if this one stays. */
    async untag(reference: string): Promise<void> {
      try {
        await engine.removeImage(reference)
        await ownership.release(reference)
      } catch (error) {
        if (!isAppError(error)) throw error
      }
      known.clear()
    },

    async remove(caller: Caller, reference: string, { force }: { force: boolean }): Promise<RemovedImage> {
      const whole = await read(reference)
      const image = whole && (await ownership.seen(caller, reference, whole))
      if (!image) throw notHere(reference)
      const hidden = whole.tags.length - image.tags.length
      const gone = { untagged: [] as string[], deleted: [] as string[] }
      const users = usersOf(image.id)
      const own = users.filter(seenBy(caller))
      const names = removals({
        reference,
        tags: image.tags,
        hidden,
        users: own,
        others: users.length - own.length,
        force
      })
      for (const name of names) await ownership.checkMayMove(caller, name)
      for (const name of names) {
        const { untagged, deleted } = await engine.removeImage(name)
        gone.untagged.push(...untagged)
        gone.deleted.push(...deleted)
        await ownership.release(name)
      }
      known.clear()
      const message = gone.deleted.includes(image.id) ? 'Image removed' : 'Name removed; the image has others'
      return { id: image.id, ...gone, message }
    },

    /** For a container: the local image, or a pulled one. */
    async find(caller: Caller, reference: string, given: FindRequest): Promise<ImageRecord> {
      const { pull: policy, beforePull, ...request } = given
      await registries.checkReach(caller.tokenId, [reference])
      refuseKept(reference)
      const present = policy === 'always' ? undefined : await inspect(reference)
      await checkMayUse(caller, reference, present)
      if (present) return present
      if (policy === 'never') {
        const message = `The image ${reference} is not on this machine, and pull is "never".`
        throw await withMeant(caller, reference, new AppError('IMAGE_NOT_FOUND', message))
      }
      if (IMAGE_ID.test(reference)) throw new AppError('IMAGE_NOT_FOUND', `There is no image with the id ${reference}.`)
      beforePull?.()
      return bring(caller, reference, request)
    }
  }
}

function notHere(reference: string): AppError {
  return new AppError('IMAGE_NOT_FOUND', `The image ${reference} is not on this machine.`)
}
