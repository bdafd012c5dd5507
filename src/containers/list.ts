// Which containers a list shows, in which order, and where a page ends. Pure.

import type { ContainerRecord } from '../engine/engine.ts'
import { invalidField } from '../errors.ts'
import { LABELS } from '../engine/labels.ts'
import type { ListContainersQuery } from './schemas.ts'
import { isManaged } from './view.ts'

export type Page = { records: ContainerRecord[]; total: number; nextCursor: string | undefined }

/** Newest first. The cursor names the last container shown, by the key of the order, so that it may be gone meanwhile. */
export function selectContainers(records: ContainerRecord[], query: ListContainersQuery): Page {
  const matching = records.filter((record) => matches(record, query)).sort((a, b) => (sortKey(a) < sortKey(b) ? 1 : -1))
  const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor)
  const start = after === undefined ? 0 : firstBelow(matching, after)
  const end = query.limit === undefined ? matching.length : start + query.limit
  const page = matching.slice(start, end)
  const last = page.at(-1)
  return {
    records: page,
    total: matching.length,
    nextCursor: last && end < matching.length ? encodeCursor(sortKey(last)) : undefined
  }
}

function matches(record: ContainerRecord, { state, name, image, label, managed }: ListContainersQuery): boolean {
  if (state !== undefined && record.state !== state) return false
  if (name !== undefined && !record.name.includes(name)) return false
  if (managed !== undefined && isManaged(record) !== managed) return false
  if (image !== undefined) {
    const own = record.labels[LABELS.image] ?? record.image
    if (own !== image && own.replace(/:[^/:]+$/, '') !== image) return false
  }
  return (label ?? []).every((wanted) => {
    const equals = wanted.indexOf('=')
    if (equals === -1) return Object.hasOwn(record.labels, wanted)
    return record.labels[wanted.slice(0, equals)] === wanted.slice(equals + 1)
  })
}

/** Engines leave out the zeros at the end of a time, so that it has to be compared without what follows them. */
function sortKey(record: ContainerRecord): string {
  return `${record.createdAt.replace(/Z$/, '')} ${record.id.slice(0, 12)}`
}

function firstBelow(sorted: ContainerRecord[], key: string): number {
  const index = sorted.findIndex((record) => sortKey(record) < key)
  return index === -1 ? sorted.length : index
}

function encodeCursor(key: string): string {
  return Buffer.from(key).toString('base64url')
}

function decodeCursor(cursor: string): string {
  const key = Buffer.from(cursor, 'base64url').toString()
  if (!/^\d{4}-\d\d-\d\dT\S+ [0-9a-f]{12}$/.test(key))
    throw invalidField('cursor', 'is not one that this server gave out')
  return key
}
