// Opens the configured store: SQLite in the data folder, or a database that several servers share.

import type { Store } from './contract/store.ts'
import type { Log } from './postgres/listener.ts'

export async function openStore({
  databaseUrl,
  dataDir,
  log
}: {
  databaseUrl: string | undefined
  dataDir: string
  log: Log
}): Promise<Store> {
  // Loads only the store in use.
  if (databaseUrl === undefined) return (await import('./sqlite/open.ts')).openStore(dataDir)
  return (await import('./postgres/open.ts')).openStore({ url: databaseUrl, dataDir, log })
}
