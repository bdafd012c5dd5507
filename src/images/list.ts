// Which images a list shows, in which order, and where a page ends. Pure.

import { invalidField } from '../errors.ts'
import { parseReference } from '../lib/reference.ts'
import type { Image, ListImagesQuery } from './schemas.ts'

export type Page = { images: Image[]; total: number; nextCursor: string | undefined }

/** Newest first. The cursor names the last image shown, by the key of the order, so that it may be gone meanwhile. */
export function selectImages(images: Image[], query: ListImagesQuery): Page {
  const fits = query.reference === undefined ? () => true : nameMatcher(query.reference)
  const matching = images
    .filter((image) => matches(image, query) && (query.reference === undefined || image.tags.some(fits)))
    .map((image) => ({ image, key: `${image.created ?? ''} ${image.id}` }))
    .sort((a, b) => (a.key < b.key ? 1 : -1))
  const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor)
  const start = after === undefined ? 0 : matching.findIndex(({ key }) => key < after)
  const rest = start === -1 ? [] : matching.slice(start)
  const page = rest.slice(0, query.limit)
  const last = page.at(-1)
  return {
    images: page.map(({ image }) => image),
    total: matching.length,
    nextCursor: last && page.length < rest.length ? Buffer.from(last.key).toString('base64url') : undefined
  }
}

function matches(image: Image, { dangling, label = [], managed, in_use: inUse }: ListImagesQuery): boolean {
  if (dangling !== undefined && (image.tags.length === 0) !== dangling) return false
  if (managed !== undefined && image.managed !== managed) return false
  if (inUse !== undefined && image.containers.length > 0 !== inUse) return false
  return label.every((wanted) => {
    const equals = wanted.indexOf('=')
    if (equals === -1) return Object.hasOwn(image.labels, wanted)
    return image.labels[wanted.slice(0, equals)] === wanted.slice(equals + 1)
  })
}

/** A pattern without a tag means any tag. Docker shows "docker.io/library/nginx" as "nginx"; either finds it. */
function nameMatcher(pattern: string): (tag: string) => boolean {
  const escaped = pattern.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll('*', '.*')
  const whole = new RegExp(`^${escaped}$`)
  return (tag) => {
    const parsed = parseReference(tag)
    const full = parsed ? `${parsed.registry}/${parsed.repository}` : tag
    const names = [tag, tag.replace(/:[^/:]+$/, ''), full, `${full}:${parsed?.tag ?? ''}`]
    return names.some((name) => whole.test(name))
  }
}

function decodeCursor(cursor: string): string {
  const key = Buffer.from(cursor, 'base64url').toString()
  if (!/^(\d{4}-\d\d-\d\dT\S+)? [0-9a-f]{12}$/.test(key))
    throw invalidField('cursor', 'is not one that this server gave out')
  return key
}
