/** What a store has to see of a build; the rest is its JSON. */
export type BuildRow = { id: string; createdAt: number; finishedAt: number | null; status: string; imageName: string }
export type BuildFilter = {
  status?: string | undefined
  image?: string | undefined
  origin?: string | undefined
  /** Only those of this token or of its team. */
  seenBy?: { owner: string | null; team: string | null } | undefined
}
/** `record` is its JSON. */
export type StoredBuild = { id: string; record: string }

/** The queue: who claims a build works on it, and only with the claim's token may it be written until it is released. */
export type BuildStore = {
  /** `secrets` are kept sealed. */
  add(row: BuildRow, record: string, secrets: unknown): Promise<void>
  get(id: string): Promise<string | undefined>
  secrets(id: string): Promise<unknown>
  /** Newest first, from the one after `before` on. */
  list(filter: BuildFilter, limit: number, before: number | undefined): Promise<StoredBuild[]>
  /** Where a build stands in the order of the list. */
  sequence(id: string): Promise<number | undefined>
  /** How many wait in front of it. */
  countBefore(id: string): Promise<number>
  /** Those that wait, in the order in which they are worked on. */
  queue(): Promise<string[]>
  counts(): Promise<Record<string, number>>
  /** The oldest that nobody works on, or whose claim has run out. */
  claim(token: string, until: number, now: number): Promise<string | undefined>
  renew(id: string, token: string, until: number): Promise<boolean>
  release(id: string, token: string): Promise<void>
  /** For a start: whoever held claims before is no more. */
  releaseAll(): Promise<void>
  /** By whoever holds the claim. False when it was lost meanwhile. */
  save(row: BuildRow, record: string, token: string): Promise<boolean>
  /** Of a build that nobody works on. False when somebody does by now, or when its status is no longer `from`. */
  change(row: BuildRow, record: string, from: string): Promise<boolean>
  remove(id: string): Promise<boolean>
  finishedBefore(time: number): Promise<string[]>
  /** Those to be forgotten so that no more than `most` are left that are over: the oldest of the owner that has the most. */
  finishedBeyond(most: number): Promise<string[]>
  ids(): Promise<string[]>
}
