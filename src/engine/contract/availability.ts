// Whether there is an engine, which, and when it comes and goes.

export type EngineStatus =
  | { available: true; address: string; source: string; name: string; version: string; apiVersion: string }
  | { available: false; address: string | null; reason: string; since: string }

export type EngineAvailability = {
  status(): EngineStatus
  /** Changes that the engine is at, those that wait for their turn, and all calls so far by what came of them. */
  figures(): { running: number; waiting: number; calls: Readonly<Record<string, number>> }
  onStatus(watcher: (status: EngineStatus) => void): void
  /** Resolves when the engine answers; rejects only when the signal aborts. */
  whenAvailable(signal: AbortSignal): Promise<void>
}
