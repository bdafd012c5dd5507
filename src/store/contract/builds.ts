/** The fields of a build that a store needs; the rest is its JSON. */
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

/** The queue. A worker claims a build, and only the claim's token permits writes until the release. */
export type BuildStore = {
  /** `secrets` are kept sealed. */
  add(row: BuildRow, record: string, secrets: unknown): Promise<void>
  get(id: string): Promise<string | undefined>
  secrets(id: string): Promise<unknown>
  /** Newest first, starting after `before`. */
  list(filter: BuildFilter, limit: number, before: number | undefined): Promise<StoredBuild[]>
  /** The position of a build in the list. */
  sequence(id: string): Promise<number | undefined>
  /** The number of builds ahead in the queue. */
  countBefore(id: string): Promise<number>
  /** The waiting builds, in the order of the work. */
  queue(): Promise<string[]>
  counts(): Promise<Record<string, number>>
  /** Claims the oldest build without a worker, with an expired claim, or with the claim of a dead server. */
  claim(token: string, until: number, now: number): Promise<string | undefined>
  renew(id: string, token: string, until: number): Promise<boolean>
  release(id: string, token: string): Promise<void>
  /** For a start: this server holds no claims yet. */
  releaseAll(): Promise<void>
  /** For the holder of the claim. False if it was lost in the meantime. */
  save(row: BuildRow, record: string, token: string): Promise<boolean>
  /** Asks the server that works on a build to cancel it. False if none does. */
  askToCancel(id: string): Promise<boolean>
  /** Whether a client asked since the build was last queued. */
  isToBeCancelled(id: string): Promise<boolean>
  /** For a build without a worker. False if it has one by now, or if its status is no longer `from`. */
  change(row: BuildRow, record: string, from: string): Promise<boolean>
  remove(id: string): Promise<boolean>
  finishedBefore(time: number): Promise<string[]>
  /** The finished builds beyond `most`: the oldest of the owner that has the most. */
  finishedBeyond(most: number): Promise<string[]>
  ids(): Promise<string[]>
}
