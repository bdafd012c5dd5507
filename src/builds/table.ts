// The store keeps a build as JSON; here it is a record.

import type { BuildFilter, BuildRow, BuildStore } from '../store/contract/builds.ts'
import { statusOf, type BuildRecord, type BuildStatus } from './record.ts'
import type { BuildSecrets } from './request.ts'

export type BuildTable = ReturnType<typeof createBuildTable>

export function createBuildTable(store: BuildStore) {
  const parse = (json: string): BuildRecord => JSON.parse(json) as BuildRecord
  const row = (record: BuildRecord): BuildRow => ({ ...record, status: statusOf(record) })
  const maybe = (json: string | undefined): BuildRecord | undefined => (json === undefined ? undefined : parse(json))

  return {
    ...store,
    add: (record: BuildRecord, secrets: BuildSecrets) => store.add(row(record), JSON.stringify(record), secrets),
    get: async (id: string) => maybe(await store.get(id)),
    secrets: async (id: string) => (await store.secrets(id)) as BuildSecrets,
    /** As they are written down, for whoever does not need to know what is in all of them. */
    rows: store.list,
    list: async (filter: BuildFilter, limit: number, before: number | undefined) =>
      (await store.list(filter, limit, before)).map(({ record }) => parse(record)),
    claim: async (token: string, until: number, now: number) => maybe(await store.claim(token, until, now)),
    save: (record: BuildRecord, token: string) => store.save(row(record), JSON.stringify(record), token),
    change: (record: BuildRecord, from: BuildStatus) => store.change(row(record), JSON.stringify(record), from)
  }
}
