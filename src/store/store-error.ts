export class StoreError extends Error {
  /** Whether another process holds the store, which is not a fault of the store. */
  readonly isInUse: boolean

  constructor(message: string, { cause, isInUse = false }: { cause?: unknown; isInUse?: boolean } = {}) {
    super(message, { cause })
    this.isInUse = isInUse
  }
}
