/** When a container is to be removed; null is "never". One of which nothing was said is not there. */
export type ExpiryRow = { containerId: string; expiresAt: number | null }

export type ExpiryStore = {
  all(): Promise<ExpiryRow[]>
  set(containerId: string, expiresAt: number | null): Promise<void>
  /** Removing what is not there is no error. */
  remove(containerId: string): Promise<void>
}
