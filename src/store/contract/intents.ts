/** An unfinished create. `isFinal`: past the point of no return, so Berth must complete it. */
export type Intent = { attempt: string; createdAt: number; isFinal: boolean }

export type IntentStore = {
  add(attempt: string, now: number): Promise<void>
  /** Marks it as past the point of no return. */
  finalize(attempt: string): Promise<void>
  /** Removing a missing row succeeds. */
  remove(attempt: string): Promise<void>
  /** The intents of this server. */
  all(): Promise<Intent[]>
  /** Takes over intents of dead servers: those whose container this server sees, and very old ones. */
  takeOver(seen: string[]): Promise<Intent[]>
}
