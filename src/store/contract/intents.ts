/** Unfinished creates. `isFinal`: past the point of no return, to be finished and not undone. */
export type Intent = { attempt: string; createdAt: number; isFinal: boolean }

export type IntentStore = {
  add(attempt: string, now: number): Promise<void>
  /** Marks it as past the point of no return. */
  finalize(attempt: string): Promise<void>
  /** Removing a missing row succeeds. */
  remove(attempt: string): Promise<void>
  /** Of this server. */
  all(): Promise<Intent[]>
  /** Makes intents of servers that are dead this server's: those whose container it sees, and very old ones. */
  takeOver(seen: string[]): Promise<Intent[]>
}
