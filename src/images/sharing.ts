// Images for all nodes of a cluster. A node can pull only from a registry, so an image that no registry is known to have is
// first pushed to the registry of the cluster.

import type { Caller } from '../access/caller.ts'
import type { EngineImages, ImageRecord, Transfer } from '../engine/contract/images.ts'
import type { RegistryLogin } from '../engine/contract/registry-login.ts'
import { familiarName, parseReference } from '../lib/reference.ts'
import type { RegistryService } from '../registry/service.ts'

/** The image of a container, and the login with which other nodes pull it. */
export type Shared = { image: string; login?: RegistryLogin }

type Options = {
  engine: Pick<EngineImages, 'tagImage' | 'pushImage'>
  registries: Pick<RegistryService, 'withOwnLogin' | 'ownLogin' | 'mayUseLogin'>
  /** Absent on a single engine. `registry`: host and port, and maybe a path. */
  cluster: { registry: string | undefined } | undefined
  /** Assigns a free name to the caller. */
  claim: (caller: Caller, name: string) => Promise<unknown>
  onTagged: () => void
}

const ID_DIGITS = 12
const IMAGE_ID = /^(sha256:)?[0-9a-f]{64}$/

const withLogin = (image: string, login: RegistryLogin | undefined): Shared => ({ image, ...(login && { login }) })

export function createSharing({ engine, registries, cluster, claim, onTagged }: Options) {
  return async function share(
    caller: Caller,
    reference: string,
    found: ImageRecord,
    { signal, onProgress }: Pick<Transfer, 'onProgress'> & { signal: AbortSignal }
  ): Promise<Shared> {
    if (!cluster) return { image: reference }
    const { registry } = cluster
    if (registry === undefined || isInRegistry(reference, found)) {
      const { registry: from } = parseReference(reference) ?? {}
      const mayUse = from !== undefined && registries.mayUseLogin(caller.tokenId, from, 'pull')
      return withLogin(reference, mayUse ? registries.ownLogin(from) : undefined)
    }
    const image = sharedName(registry, reference, found.id)
    const { registry: host } = parseReference(image) ?? { registry }
    const isPushed = found.tags.includes(image) && isInRegistry(image, found)
    if (!isPushed) {
      await claim(caller, image)
      await engine.tagImage(found.id, image)
      await registries.withOwnLogin(host, signal, (login) => engine.pushImage(image, { login, signal, onProgress }))
      onTagged()
    }
    return withLogin(image, registries.ownLogin(host))
  }
}

/** Whether it was pulled from or pushed to the registry of that name. */
function isInRegistry(reference: string, { digests }: ImageRecord): boolean {
  const parsed = parseReference(reference)
  if (!parsed) return false
  return parsed.digest !== undefined || digests.some((digest) => digest.startsWith(`${familiarName(parsed)}@`))
}

/** The tag is that of the content, so it never moves to another image. */
export function sharedName(registry: string, reference: string, imageId: string): string {
  const parsed = IMAGE_ID.test(reference) ? undefined : parseReference(reference)
  const name = parsed ? familiarName(parsed) : 'image'
  const own = name.startsWith(`${registry}/`)
    ? name.slice(registry.length + 1)
    : name.replace(/^([^/]*):(\d+)\//, '$1-$2/')
  return `${registry}/${own}:${imageId.replace(/^sha256:/, '').slice(0, ID_DIGITS)}`
}
