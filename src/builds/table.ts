// Converts between stored JSON and records. During a build, its record is ahead of the store.

import type { BuildFilter, BuildRow, BuildStore, StoredBuild } from '../store/contract/builds.ts'
import { statusOf, type BuildRecord, type BuildStatus } from './record.ts'
import type { BuildSecrets } from './request.ts'

/** The work on a build; `record` is replaced at each step. */
export type Work = { record: BuildRecord }
export type BuildTable = ReturnType<typeof createBuildTable>

export function createBuildTable(store: BuildStore) {
  const parse = (json: string): BuildRecord => JSON.parse(json) as BuildRecord
  const row = (record: BuildRecord): BuildRow => ({ ...record, status: statusOf(record) })
  const maybe = (json: string | undefined): BuildRecord | undefined => (json === undefined ? undefined : parse(json))
  const works = new Map<string, Work>()
  const live = (id: string): BuildRecord | undefined => works.get(id)?.record
  const read = ({ id, record }: StoredBuild): BuildRecord => live(id) ?? parse(record)

  return {
    ...store,
    add: (record: BuildRecord, secrets: BuildSecrets) => store.add(row(record), JSON.stringify(record), secrets),
    async get(id: string) {
      // The work may begin or end during the read.
      const written = live(id) ? undefined : await store.get(id)
      return live(id) ?? maybe(written)
    },
    secrets: async (id: string) => (await store.secrets(id)) as BuildSecrets,
    /** The stored JSON, for callers that do not need to parse all of it. */
    rows: store.list,
    list: async (filter: BuildFilter, limit: number, before: number | undefined) =>
      (await store.list(filter, limit, before)).map(read),
    read,
    /** The record of a running build. */
    live,
    /** Reads give the record of this work instead of the written one until it is hidden again. */
    show: (work: Work): void => void works.set(work.record.id, work),
    hide: (id: string): void => void works.delete(id),
    claim: async (token: string, until: number, now: number) => maybe(await store.claim(token, until, now)),
    save: (record: BuildRecord, token: string) => store.save(row(record), JSON.stringify(record), token),
    change: (record: BuildRecord, from: BuildStatus) => store.change(row(record), JSON.stringify(record), from)
  }
}
