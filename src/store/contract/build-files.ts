/** The contexts and logs of builds, where several servers need them. Removing what is not there succeeds. */
export type BuildFileStore = {
  /** Replaces an existing context. */
  putContext(id: string, content: AsyncIterable<Uint8Array>): Promise<void>
  /** Empty if there is none. */
  context(id: string): AsyncIterable<Uint8Array>
  removeContext(id: string): Promise<void>
  logBytes(id: string): Promise<number>
  /** Appends whole lines at the given offset, which is the end. Idempotent. */
  addToLog(id: string, text: string, at: number): Promise<void>
  /** Starts at an offset. */
  log(id: string, offset: number): AsyncIterable<Uint8Array>
  remove(id: string): Promise<void>
  /** Of these builds, or of all. */
  bytes(ids?: string[]): Promise<number>
  /** Removes the files of uploads that never became a build. */
  removeLeftOvers(): Promise<void>
}
