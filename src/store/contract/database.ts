// The database behind a store, if it is a separate server that can be unavailable.

export type DatabaseStatus =
  /** `latencyMs` is the round trip of the latest ping; null before the first. */
  { available: true; latencyMs: number | null } | { available: false; reason: string; since: string }

export type QueryResult = 'ok' | 'failed'

export type StoreDatabase = {
  status(): DatabaseStatus
  /** Connections by use, and calls that wait for one. */
  pool(): { busy: number; idle: number; waiting: number }
  onStatus(watcher: () => void): void
  /** Reports every call that reached for the database; those refused while it is away do not. */
  onQuery(watcher: (result: QueryResult, seconds: number) => void): void
}
