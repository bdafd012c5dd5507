// Containers as the API shows them: one, and pages. An unchanged container is the same object as before, so its JSON
// can be cached.

import { ANYBODY, type Caller } from '../access/caller.ts'
import { seenBy } from '../access/ownership.ts'
import type { ContainerRecord } from '../engine/contract/containers.ts'
import type { Inventory } from '../inventory/inventory.ts'
import type { Expiry } from './expiry.ts'
import { selectContainers } from './list.ts'
import type { ListContainersQuery } from './request-schemas.ts'
import type { Container } from './schemas.ts'
import { viewContainer } from './view.ts'

export type ContainerPage = { containers: readonly Container[]; total: number; nextCursor: string | undefined }

export function createViews({ inventory, expiry }: { inventory: Inventory; expiry: Expiry }) {
  const known = new WeakMap<ContainerRecord, { end: number | null; container: Container }>()
  /** The list of all containers that a caller sees. Callers that see all share one. */
  const whole = new WeakMap<Caller, { version: number; page: ContainerPage }>()

  /** Records are immutable, so a view is valid as long as its end date. A view with an age is never cached. */
  function view(record: ContainerRecord): Container {
    const end = expiry.expiresAt(record)
    const age = inventory.staleMs(record.id)
    const last = known.get(record)
    if (age === null && last?.end === end) return last.container
    const container = viewContainer(record, end === null ? null : new Date(end).toISOString())
    if (age !== null) return { ...container, stale: true, age_ms: age }
    known.set(record, { end, container })
    return container
  }

  function select(caller: Caller, query: ListContainersQuery): ContainerPage {
    const seen = [...inventory.all()].filter(seenBy(caller))
    const { records, total, nextCursor } = selectContainers(seen, query)
    return { containers: records.map(view), total, nextCursor }
  }

  const hasAges = () => inventory.staleMs() !== null || inventory.unreadMs().length > 0

  function list(caller: Caller, query: ListContainersQuery): ContainerPage {
    if (Object.keys(query).length > 0 || hasAges()) return select(caller, query)
    const viewer = caller.seesAll ? ANYBODY : caller
    const version = inventory.version()
    const last = whole.get(viewer)
    if (last?.version === version) return last.page
    const page = select(caller, query)
    whole.set(viewer, { version, page })
    return page
  }

  return { view, list }
}
