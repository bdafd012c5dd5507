// The images of the engine: finding the one a container is made from, pulling, pushing, naming and removing.

import type { Caller } from '../access/caller.ts'
import { isAdmin, mayChange, seenBy } from '../access/ownership.ts'
import type { ContainerRecord } from '../engine/contract/containers.ts'
import type { EngineImages, ImageRecord, Transfer } from '../engine/contract/images.ts'
import { isKept, isKeptName } from '../engine/kept-images.ts'
import { AppError, invalidField, isAppError } from '../errors.ts'
import { closest } from '../lib/closest.ts'
import { imageName, parseReference, type ImageReference } from '../lib/reference.ts'
import type { GivenCredentials } from '../registry/login.ts'
import type { RegistryService } from '../registry/service.ts'
import { selectImages, type Page } from './list.ts'
import { removals, tagOf } from './remove.ts'
import type { ImageDetails, ListImagesQuery, PushedImage, RemovedImage } from './schemas.ts'
import { createSharedPulls } from './shared-pulls.ts'
import { viewDetails, viewImage } from './view.ts'

const UNFOUND = ['IMAGE_NOT_FOUND', 'REGISTRY_UNAVAILABLE', 'REGISTRY_UNAUTHORIZED', 'REGISTRY_FORBIDDEN'] as const
const IMAGE_ID = /^(sha256:)?[0-9a-f]{64}$/

type PullPolicy = 'missing' | 'always' | 'never'

/** `credentials` are for this one transfer; without them Berth looks for its own, if `owner` may use them. */
export type TransferRequest = {
  /** The id of the token that asks, if it has one. */
  owner: string | null
  credentials?: GivenCredentials | undefined
  signal: AbortSignal
  onProgress?: Transfer['onProgress']
}

type FindRequest = TransferRequest & {
  pull: PullPolicy
  /** Throws when whoever asks may not pull. */
  beforePull?: () => void
}

export type ImageService = ReturnType<typeof createImageService>

type Options = {
  engine: EngineImages
  registries: RegistryService
  containers: () => Iterable<ContainerRecord>
  policy: { check(wish: { images: string[] }): void }
  /** The default image of containers, which belongs to the operator. */
  defaultImage: string
  onImagesChanged: (watcher: () => void) => void
}

export function createImageService({ engine, registries, containers, policy, defaultImage, onImagesChanged }: Options) {
  // Every create needs the exposed ports of its image, so they are cached; the engine reports when an image changes.
  const known = new Map<string, ImageRecord>()
  onImagesChanged(() => known.clear())
  const sharedPull = createSharedPulls()

  async function inspect(reference: string): Promise<ImageRecord | undefined> {
    return known.get(reference) ?? (await read(reference))
  }

  async function read(reference: string): Promise<ImageRecord | undefined> {
    const image = await engine.inspectImage(reference)
    if (image) known.set(reference, image)
    return image
  }

  function fetch(reference: string, request: TransferRequest): Promise<void> {
    const { registry } = requireName('image', reference)
    const { signal, onProgress } = request
    return registries.withLogin(registry, 'pull', request, (login) =>
      engine.pullImage(reference, { login, signal, onProgress })
    )
  }

  /** Callers that may use the operator's login share a pull. */
  function fetchTogether(reference: string, request: TransferRequest): Promise<void> {
    const { registry } = requireName('image', reference)
    const { owner } = request
    const key = registries.mayUseLogin(owner, registry, 'pull') ? reference : `${reference} without a login`
    return sharedPull(key, request, (life) => fetch(reference, { owner, ...life }))
  }

  async function bring(reference: string, request: TransferRequest): Promise<ImageRecord> {
    requireName('image', reference)
    // A pull with its own login is not shared.
    try {
      await (request.credentials ? fetch(reference, request) : fetchTogether(reference, request))
    } catch (error) {
      throw await withMeant(reference, error)
    }
    known.delete(reference)
    const pulled = await inspect(reference)
    if (!pulled) throw new AppError('IMAGE_NOT_FOUND', `The image ${reference} was pulled but cannot be found.`)
    return pulled
  }

  /** A name that no registry gave an image for may be a misspelt one of an image that is here. */
  async function withMeant(reference: string, error: unknown): Promise<unknown> {
    if (!isAppError(error, ...UNFOUND)) return error
    const here = (await engine.listImages().catch(() => [])).flatMap(({ tags }) => tags)
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

  function usersOf(imageId: string): ContainerRecord[] {
    return [...containers()].filter((container) => container.imageId === imageId)
  }

  function details(caller: Caller, image: ImageRecord): ImageDetails {
    return viewDetails(image, usersOf(image.id).filter(seenBy(caller)))
  }

  /**
   * Containers are created and recreated by the names of their images, so a token alone cannot move a name that others
   * depend on.
   */
  async function checkMayMove(caller: Caller, reference: string): Promise<void> {
    if (isAdmin(caller)) return
    const refuse = (why: string): never => {
      throw new AppError(
        'FORBIDDEN',
        `The token "${caller.name}" may not move or take the name ${reference}: ${why}. Use another name.`
      )
    }
    if (imageName(reference) === imageName(defaultImage) && tagOf(reference) === tagOf(defaultImage))
      refuse('it is what containers of this server are made from')
    const image = await read(tagOf(reference) ?? reference)
    if (image && usersOf(image.id).some(({ berth }) => !mayChange(caller, berth)))
      refuse('a container that is not its own was made from that image')
  }

  async function get(reference: string): Promise<ImageRecord> {
    const image = await read(reference)
    if (!image) throw new AppError('IMAGE_NOT_FOUND', `The image ${reference} is not on this machine.`)
    return image
  }

  return {
    /** Throws for an invalid reference, before anything starts. */
    checkName: (reference: string): void => void requireName('image', reference),

    /** The same, and for a login that is none. */
    checkPush(reference: string, credentials: TransferRequest['credentials']): void {
      registries.checkLogin(requireName('image', reference).registry, credentials)
    },

    async list(caller: Caller, query: ListImagesQuery): Promise<Page> {
      const users = Map.groupBy([...containers()].filter(seenBy(caller)), ({ imageId }) => imageId)
      const images = await engine.listImages()
      return selectImages(
        images.map((image) => viewImage(image, users.get(image.id) ?? [])),
        query
      )
    },

    get: async (caller: Caller, reference: string): Promise<ImageDetails> => details(caller, await get(reference)),

    async pull(caller: Caller, reference: string, given: Omit<TransferRequest, 'owner'>): Promise<ImageDetails> {
      const request = { ...given, owner: caller.tokenId }
      policy.check({ images: [reference] })
      refuseKept(reference)
      await registries.checkReach(request.owner, [reference])
      return details(caller, await bring(reference, request))
    },

    async push(reference: string, request: TransferRequest): Promise<PushedImage> {
      const { registry, repository, tag = 'latest', digest } = requireName('image', reference)
      if (digest !== undefined)
        throw invalidField('image', 'must be a name with a tag: an image cannot be pushed by digest')
      refuseKept(reference, await read(reference))
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

    /** A name moves here from the image that had it. */
    async tag(caller: Caller, reference: string, target: string): Promise<ImageDetails> {
      const { digest } = requireName('target', target)
      if (digest !== undefined) throw invalidField('target', 'must be a name with a tag, not a digest')
      policy.check({ images: [reference, target] })
      refuseKept(target)
      refuseKept(reference, await read(reference))
      await checkMayMove(caller, target)
      await registries.checkReach(caller.tokenId, [target])
      await engine.tagImage(reference, target)
      known.clear()
      return details(caller, await get(target))
    },

    /** For the names of a build. Throws for those that the caller may not move to another image. */
    async checkMayMove(caller: Caller, references: string[]): Promise<void> {
      for (const reference of references) await checkMayMove(caller, reference)
    },

    refuseKept,

    exists: async (reference: string): Promise<boolean> => (await read(reference)) !== undefined,

    /** Takes off a name that was given for a push. The image has another; and the push counts, also when this one stays. */
    async untag(reference: string): Promise<void> {
      await engine.removeImage(reference).catch((error: unknown) => {
        if (!isAppError(error)) throw error
      })
      known.clear()
    },

    async remove(caller: Caller, reference: string, { force }: { force: boolean }): Promise<RemovedImage> {
      const image = await get(reference)
      const gone = { untagged: [] as string[], deleted: [] as string[] }
      const users = usersOf(image.id)
      const own = users.filter(seenBy(caller))
      const names = removals({ reference, tags: image.tags, users: own, others: users.length - own.length, force })
      for (const name of names) await checkMayMove(caller, name)
      for (const name of names) {
        const { untagged, deleted } = await engine.removeImage(name)
        gone.untagged.push(...untagged)
        gone.deleted.push(...deleted)
      }
      known.clear()
      const message = gone.deleted.includes(image.id) ? 'Image removed' : 'Name removed; the image has others'
      return { id: image.id, ...gone, message }
    },

    /** For a container: the local image, or a pulled one. */
    async find(reference: string, { pull: policy, beforePull, ...request }: FindRequest): Promise<ImageRecord> {
      await registries.checkReach(request.owner, [reference])
      refuseKept(reference)
      const present = policy === 'always' ? undefined : await inspect(reference)
      refuseKept(reference, present)
      if (present) return present
      if (policy === 'never') {
        const message = `The image ${reference} is not on this machine, and pull is "never".`
        throw await withMeant(reference, new AppError('IMAGE_NOT_FOUND', message))
      }
      if (IMAGE_ID.test(reference)) throw new AppError('IMAGE_NOT_FOUND', `There is no image with the id ${reference}.`)
      beforePull?.()
      return bring(reference, request)
    }
  }
}

function requireName(field: string, reference: string): ImageReference {
  const parsed = parseReference(reference)
  if (!parsed) throw invalidField(field, `must be the name of an image, such as registry.example.com/team/app:1.0`)
  return parsed
}
