export class StoreError extends Error {
  /** Whether another process has the store, which is no fault of the store. */
  readonly isInUse: boolean

  constructor(message: string, { cause, isInUse = false }: { cause?: unknown; isInUse?: boolean } = {}) {
    super(message, { cause })
    this.isInUse = isInUse
  }
}
