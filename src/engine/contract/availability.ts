// Whether the engine is available, which one it is, and changes of that.

export type EngineStatus =
  | { available: true; address: string; source: string; name: string; version: string; apiVersion: string }
  | { available: false; address: string | null; reason: string; since: string }

export type EngineAvailability = {
  status(): EngineStatus
  /** Running changes, queued changes, and all calls so far by outcome. */
  figures(): { running: number; waiting: number; calls: Readonly<Record<string, number>> }
  onStatus(watcher: (status: EngineStatus) => void): void
  /** Resolves when the engine answers; rejects only when the signal aborts. */
  whenAvailable(signal: AbortSignal): Promise<void>
}
