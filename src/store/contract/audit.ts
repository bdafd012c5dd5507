export type AuditRow = {
  seq: number
  at: number
  outcome: string
  caller: string
  tokenId: string | null
  scope: string | null
  address: string
  door: string
  action: string
  object: string | null
  code: string | null
  durationMs: number | null
  requestId: string
  hash: string
}

export type AuditFilter = {
  outcome?: string | undefined
  caller?: string | undefined
  action?: string | undefined
  object?: string | undefined
  requestId?: string | undefined
  since?: number | undefined
  until?: number | undefined
  /** Only entries before this one. */
  before?: number | undefined
}

export type AuditStore = {
  /**
   * Appends the result of `make` for the newest entry, in one step: each of several writers sees the entry before its own.
   * Throws if the write would be lost.
   */
  append(make: (newest: AuditRow | undefined) => AuditRow): Promise<AuditRow>
  /** Newest first. */
  find(filter: AuditFilter, limit: number): Promise<AuditRow[]>
  /** Keeps the newest of each kind. */
  keep(counts: { refusals: number; others: number }): Promise<void>
}
