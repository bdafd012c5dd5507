// A caller's view of an image, without the names that are hidden from it. Pure.

import type { ImageSummary } from '../engine/contract/images.ts'
import { imageName } from '../lib/reference.ts'

/** Undefined for an image that does not exist for the caller. Callers see an unnamed image if they use it or know its digest. */
export function visibleTo<T extends ImageSummary>(
  image: T,
  { hidden, isUsed, byDigest = false }: { hidden: ReadonlySet<string>; isUsed: boolean; byDigest?: boolean }
): T | undefined {
  const tags = image.tags.filter((tag) => !hidden.has(tag))
  const isNameless = image.tags.length === 0
  if (tags.length === 0 && !isUsed && !(isNameless && byDigest)) return undefined
  const [seen, unseen] = [tags, image.tags.filter((tag) => hidden.has(tag))].map((list) => new Set(list.map(imageName)))
  const digests = image.digests.filter((digest) => {
    const name = imageName(digest)
    return seen?.has(name) || !unseen?.has(name)
  })
  return { ...image, tags, digests }
}
