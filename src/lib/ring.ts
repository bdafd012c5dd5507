/** The last `capacity` items, oldest first. */
export class Ring<T> {
  readonly #items: T[] = []
  readonly #capacity: number
  #oldest = 0

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  push(item: T): void {
    if (this.#items.length < this.#capacity) {
      this.#items.push(item)
      return
    }
    this.#items[this.#oldest] = item
    this.#oldest = (this.#oldest + 1) % this.#capacity
  }

  get last(): T | undefined {
    return this.#items.at(this.#oldest - 1)
  }

  *[Symbol.iterator](): Generator<T> {
    yield* this.#items.slice(this.#oldest)
    yield* this.#items.slice(0, this.#oldest)
  }
}
