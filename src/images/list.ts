// Selects, sorts and pages the images of a list. Pure.

import { invalidField } from '../errors.ts'
import { glob } from '../lib/glob.ts'
import { hasLabels } from '../lib/label-filter.ts'
import { pageOf } from '../lib/page.ts'
import { parseReference } from '../lib/reference.ts'
import type { Image, ListImagesQuery } from './schemas.ts'

export type Page = { images: Image[]; total: number; nextCursor: string | undefined }

const KEY = {
  of: ({ created, id }: Image) => `${created ?? ''} ${id}`,
  form: /^(\d{4}-\d\d-\d\dT\S+)? [0-9a-f]{12}$/
}

/** Newest first. */
export function selectImages(images: Image[], query: ListImagesQuery): Page {
  const fits = query.reference === undefined ? () => true : nameMatcher(query.reference)
  const page = pageOf(
    images.filter((image) => matches(image, query) && (query.reference === undefined || image.tags.some(fits))),
    KEY,
    query
  )
  if (!page) throw invalidField('cursor', 'is not one that this server gave out')
  const { items, ...rest } = page
  return { images: items, ...rest }
}

function matches(image: Image, { dangling, label, managed, in_use: inUse }: ListImagesQuery): boolean {
  if (dangling !== undefined && (image.tags.length === 0) !== dangling) return false
  if (managed !== undefined && image.managed !== managed) return false
  if (inUse !== undefined && image.containers.length > 0 !== inUse) return false
  return hasLabels(image.labels, label)
}

/** A pattern without a tag means any tag. Docker shows "docker.io/library/nginx" as "nginx"; either finds it. */
function nameMatcher(pattern: string): (tag: string) => boolean {
  const fits = glob(pattern, { crossing: true })
  return (tag) => {
    const parsed = parseReference(tag)
    const full = parsed ? `${parsed.registry}/${parsed.repository}` : tag
    const names = [tag, tag.replace(/:[^/:]+$/, ''), full, `${full}:${parsed?.tag ?? ''}`]
    return names.some(fits)
  }
}
