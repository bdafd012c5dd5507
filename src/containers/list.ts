// Which containers a list shows, in which order, and where a page ends. Pure.

import type { ContainerRecord } from '../engine/engine.ts'
import { invalidField } from '../errors.ts'
import { LABELS } from '../engine/labels.ts'
import type { ListContainersQuery } from './request-schemas.ts'
import { isManaged } from './view.ts'

export type Page = { records: ContainerRecord[]; total: number; nextCursor: string | undefined }

/** Newest first. The cursor names the last container shown, by the key of the order, so that it may be gone meanwhile. */
export function selectContainers(records: ContainerRecord[], query: ListContainersQuery): Page {
  const matching = records
    .filter((record) => matches(record, query))
    .map((record) => ({ record, key: sortKey(record) }))
    .sort((a, b) => (a.key < b.key ? 1 : -1))
  const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor)
  const start = after === undefined ? 0 : matching.findIndex(({ key }) => key < after)
  const rest = start === -1 ? [] : matching.slice(start)
  const page = rest.slice(0, query.limit)
  const last = page.at(-1)
  return {
    records: page.map(({ record }) => record),
    total: matching.length,
    nextCursor: last && page.length < rest.length ? encodeCursor(last.key) : undefined
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

function encodeCursor(key: string): string {
  return Buffer.from(key).toString('base64url')
}

function decodeCursor(cursor: string): string {
  const key = Buffer.from(cursor, 'base64url').toString()
  if (!/^\d{4}-\d\d-\d\dT\S+ [0-9a-f]{12}$/.test(key))
    throw invalidField('cursor', 'is not one that this server gave out')
  return key
}
