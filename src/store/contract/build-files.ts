/** The contexts and logs of builds. Removing what does not exist succeeds. */
export type BuildFileStore = {
  /** Creates the folder of an upload, which writes its context to `contextPath`. */
  make(id: string): Promise<void>
  /** The file of the context: during the upload, and within `withContext`. */
  contextPath(id: string): string
  /** Resolves when the context survives a power failure, and every server on the store can read it. */
  keepContext(id: string): Promise<void>
  /** Runs a task that needs the file of the context. The file is missing if the context is. */
  withContext<T>(id: string, task: () => Promise<T>): Promise<T>
  removeContext(id: string): Promise<void>
  log(id: string): BuildLog
  /** Removes the context and the log. */
  remove(id: string): Promise<void>
  /** Disk usage of these builds, or of all. */
  bytes(ids?: string[]): Promise<number>
  /** Removes leftovers of uploads and removals that a crash interrupted. `ids` are those of all builds. */
  removeAllBut(ids: Set<string>): Promise<void>
  close(): Promise<void>
}

/** The bytes of one log. */
export type BuildLog = {
  bytes(): Promise<number>
  /** Appends whole lines. `at` is the end of the log, which lets a shared store recognize a repeated append. */
  append(text: string, at: number): Promise<void>
  /** Starts at an offset. A piece is valid until the next one. */
  read(offset: number): AsyncIterable<Uint8Array>
  close(): Promise<void>
}
