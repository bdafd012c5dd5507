// The store keeps a build as JSON; here it is a record.

import type { BuildFilter, BuildRow, BuildStore } from '../store/contract/builds.ts'
import { statusOf, type BuildRecord } from './record.ts'
import type { BuildSecrets } from './request.ts'

export type BuildTable = ReturnType<typeof createBuildTable>

export function createBuildTable(store: BuildStore) {
  const parse = (json: string): BuildRecord => JSON.parse(json) as BuildRecord
  const row = (record: BuildRecord): BuildRow => ({ ...record, status: statusOf(record) })
  const maybe = (json: string | undefined): BuildRecord | undefined => (json === undefined ? undefined : parse(json))

  return {
    ...store,
    add: (record: BuildRecord, secrets: BuildSecrets): void => store.add(row(record), JSON.stringify(record), secrets),
    get: (id: string): BuildRecord | undefined => maybe(store.get(id)),
    secrets: (id: string) => store.secrets(id) as BuildSecrets,
    /** As they are written down, for whoever does not need to know what is in all of them. */
    rows: store.list,
    list: (filter: BuildFilter, limit: number, before: number | undefined): BuildRecord[] =>
      store.list(filter, limit, before).map(({ record }) => parse(record)),
    claim: (token: string, until: number, now: number): BuildRecord | undefined =>
      maybe(store.claim(token, until, now)),
    save: (record: BuildRecord, token: string | null): boolean => store.save(row(record), JSON.stringify(record), token)
  }
}
