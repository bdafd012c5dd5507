// The last bytes of an output, by their position in it. Takes as much memory as there was output, up to its size.

const FIRST_BYTES = 4 * 1024

/** `capacity` is a power of two. */
export function createReplay(capacity: number) {
  let ring = Buffer.alloc(Math.min(FIRST_BYTES, capacity))
  let end = 0

  const start = () => Math.max(0, end - ring.length)

  function grow(least: number): void {
    const all = read(start(), end - start())
    let size = ring.length
    while (size < least) size *= 2
    ring = Buffer.alloc(size)
    // Each byte is at its position modulo the size.
    place(all, end - all.length)
  }

  function place(bytes: Uint8Array, position: number): void {
    const at = position % ring.length
    const first = bytes.subarray(0, ring.length - at)
    ring.set(first, at)
    ring.set(bytes.subarray(first.length), 0)
  }

  function read(from: number, most: number): Buffer {
    const length = Math.min(most, end - from)
    const at = from % ring.length
    const first = ring.subarray(at, at + length)
    return first.length === length ? first : Buffer.concat([first, ring.subarray(0, length - first.length)])
  }

  return {
    start,
    end: (): number => end,
    /** At most as many as the capacity. */
    push(bytes: Uint8Array): void {
      const needed = Math.min(capacity, end + bytes.length)
      if (needed > ring.length) grow(needed)
      place(bytes, end)
      end += bytes.length
    },
    /** The next push may overwrite it. */
    read
  }
}
