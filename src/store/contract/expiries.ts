/** The end dates of containers; null means "never". A container without a row has no recorded date. */
export type ExpiryRow = { containerId: string; expiresAt: number | null }

export type ExpiryStore = {
  all(): Promise<ExpiryRow[]>
  set(containerId: string, expiresAt: number | null): Promise<void>
  /** Removing a missing row succeeds. */
  remove(containerId: string): Promise<void>
}
