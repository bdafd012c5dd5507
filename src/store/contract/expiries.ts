/** The end dates of containers; null means "never". A container without a row has no recorded date. */
export type ExpiryRow = { containerId: string; expiresAt: number | null }

export type ExpiryStore = {
  all(): Promise<ExpiryRow[]>
  /** Undefined if there is no row. */
  get(containerId: string): Promise<number | null | undefined>
  set(containerId: string, expiresAt: number | null): Promise<void>
  /** Unless the container already has a row. */
  add(containerId: string, expiresAt: number | null): Promise<void>
  /** Removing a missing row succeeds. */
  remove(containerId: string): Promise<void>
  /** For a container that this server's engine does not have. In a shared store, another server's engine may have it. */
  removeAbsent(containerId: string): Promise<void>
}
