/** What a store has to see of a build; the rest is its JSON. */
export type BuildRow = { id: string; createdAt: number; finishedAt: number | null; status: string; imageName: string }
export type BuildFilter = { status?: string | undefined; image?: string | undefined; origin?: string | undefined }
/** `record` is its JSON. */
export type StoredBuild = { id: string; record: string }

/** The queue: who claims a build works on it, and only with the claim's token may it be written until it is released. */
export type BuildStore = {
  /** `secrets` are kept sealed. */
  add(row: BuildRow, record: string, secrets: unknown): void
  get(id: string): string | undefined
  secrets(id: string): unknown
  /** Newest first, from the one after `before` on. */
  list(filter: BuildFilter, limit: number, before: number | undefined): StoredBuild[]
  /** Where a build stands in the order of the list. */
  sequence(id: string): number | undefined
  /** How many wait in front of it. */
  countBefore(id: string): number
  /** Those that wait, in the order in which they are worked on. */
  queue(): string[]
  counts(): Record<string, number>
  /** The oldest that nobody works on, or whose claim has run out. */
  claim(token: string, until: number, now: number): string | undefined
  renew(id: string, token: string, until: number): boolean
  release(id: string, token: string): void
  /** For a start: whoever held claims before is no more. */
  releaseAll(): void
  /** False when the claim was lost meanwhile; without a token, when somebody has claimed it. */
  save(row: BuildRow, record: string, token: string | null): boolean
  remove(id: string): boolean
  finishedBefore(time: number): string[]
  /** Those to be forgotten so that no more than `most` are left that are over: the oldest of the owner that has the most. */
  finishedBeyond(most: number): string[]
  ids(): string[]
}
