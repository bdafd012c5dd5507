// Pages of builds. In a long queue few builds change between two reads, so their views are cached as the same objects. Only
// the place in the queue changes without the build.

import type { Caller } from '../access/caller.ts'
import { invalidField } from '../errors.ts'
import type { BuildFilter, StoredBuild } from '../store/contract/builds.ts'
import type { Build, ListBuildsQuery } from './schemas.ts'
import type { BuildTable } from './table.ts'
import { viewRecord } from './view.ts'

/** `place` is the one in the queue. */
export type Placed = { place: number | null; build: Omit<Build, 'queue_position'> }
export type BuildPage = { builds: Placed[]; nextCursor: string | undefined }

// The longest page.
const KEPT = 1_000
const USUAL = 100

type Options = {
  table: Pick<BuildTable, 'rows' | 'read' | 'live' | 'queue' | 'sequence'>
  retentionMs: number
}

export function createPages({ table, retentionMs }: Options) {
  const kept = new Map<string, { record: string; build: Placed['build'] }>()

  /** The cache is valid as long as the record has the same JSON. */
  function viewOf(row: StoredBuild): Placed['build'] {
    const { id, record } = row
    const live = table.live(id)
    if (live) return viewRecord(live, retentionMs)
    const known = kept.get(id)
    if (known?.record === record) return known.build
    const build = viewRecord(table.read(row), retentionMs)
    kept.delete(id)
    kept.set(id, { record, build })
    const [oldest = id] = kept.keys()
    if (kept.size > KEPT) kept.delete(oldest)
    return build
  }

  async function rowsOf(caller: Caller, filter: BuildFilter, limit: number, cursor: string | undefined) {
    const { tokenId: owner, team } = caller
    const before = cursor === undefined ? undefined : await table.sequence(cursor)
    if (cursor !== undefined && before === undefined) throw invalidField('cursor', 'names no build that is still known')
    const rows = await table.rows(
      { ...filter, seenBy: caller.seesAll ? undefined : { owner, team } },
      limit + 1,
      before
    )
    const page = rows.slice(0, limit)
    return { page, nextCursor: rows.length > limit ? page.at(-1)?.id : undefined }
  }

  async function list(caller: Caller, { status, image, limit = USUAL, cursor }: ListBuildsQuery): Promise<BuildPage> {
    const { page, nextCursor } = await rowsOf(caller, { status, image }, limit, cursor)
    const places = new Map((await table.queue()).map((id, place) => [id, place]))
    return {
      builds: page.map((row) => ({ place: places.get(row.id) ?? null, build: viewOf(row) })),
      nextCursor
    }
  }

  async function records(
    caller: Caller,
    origin: string,
    { limit = KEPT, cursor }: { limit?: number; cursor?: string }
  ) {
    const { page, nextCursor } = await rowsOf(caller, { origin }, limit, cursor)
    return { records: page.map(table.read), nextCursor }
  }

  return { list, records }
}
