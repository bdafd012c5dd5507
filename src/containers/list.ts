// Selects, sorts and pages the containers of a list. Pure.

import type { ContainerRecord } from '../engine/contract/containers.ts'
import { invalidField } from '../errors.ts'
import { shortId } from '../inventory/ids.ts'
import { hasLabels } from '../lib/label-filter.ts'
import { pageOf } from '../lib/page.ts'
import type { ListContainersQuery } from './request-schemas.ts'

export type Page = { records: ContainerRecord[]; total: number; nextCursor: string | undefined }

/** Engines omit trailing zeros of a time, so times are compared without the final Z. */
const KEY = {
  of: (record: ContainerRecord) => `${record.createdAt.replace(/Z$/, '')} ${shortId(record.id)}`,
  form: /^\d{4}-\d\d-\d\dT\S+ [0-9a-f]{12}$/
}

/** Newest first. */
export function selectContainers(records: ContainerRecord[], query: ListContainersQuery): Page {
  const page = pageOf(
    records.filter((record) => matches(record, query)),
    KEY,
    query
  )
  if (!page) throw invalidField('cursor', 'is not one that this server gave out')
  const { items, ...rest } = page
  return { records: items, ...rest }
}

function matches(record: ContainerRecord, { state, name, image, label, managed }: ListContainersQuery): boolean {
  if (state !== undefined && record.state !== state) return false
  if (name !== undefined && !record.name.includes(name)) return false
  if (managed !== undefined && record.berth.managed !== managed) return false
  if (image !== undefined) {
    const own = record.berth.image ?? record.image
    if (own !== image && own.replace(/:[^/:]+$/, '') !== image) return false
  }
  return hasLabels(record.labels, label)
}
