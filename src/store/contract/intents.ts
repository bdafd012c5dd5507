/** Creates that were begun and not yet answered. */
export type Intent = { attempt: string; createdAt: number }

export type IntentStore = {
  add(attempt: string, now: number): Promise<void>
  /** Removing what is not there is no error. */
  remove(attempt: string): Promise<void>
  all(): Promise<Intent[]>
}
