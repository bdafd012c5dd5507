/** The contexts and logs of builds, where several servers need them. Removing what is not there succeeds. */
export type BuildFileStore = {
  /** Replaces what is there. */
  putContext(id: string, content: AsyncIterable<Uint8Array>): Promise<void>
  /** Empty where there is none. */
  context(id: string): AsyncIterable<Uint8Array>
  removeContext(id: string): Promise<void>
  logBytes(id: string): Promise<number>
  /** Whole lines, at the end, whose offset is given: what is written again is there once. */
  addToLog(id: string, text: string, at: number): Promise<void>
  /** From an offset on. */
  log(id: string, offset: number): AsyncIterable<Uint8Array>
  remove(id: string): Promise<void>
  /** Of all builds. */
  bytes(): Promise<number>
  /** Those of uploads that never became a build. */
  removeLeftOvers(): Promise<void>
}
