// The small control files of a context, kept while it streams, so that Berth need not read it again.

import { IGNORE_FILE } from '../../lib/dockerignore.ts'
import { MAX_DOCKERFILE_BYTES } from './rules.ts'

// A context may have many files with such names.
const MAX_BYTES = 1024 * 1024

export type Kept = {
  /** By path. */
  texts: ReadonlyMap<string, string>
  /** False if some files were too large or too many, and are only in the context. */
  isComplete: boolean
}

export function createKeeper() {
  const texts = new Map<string, string>()
  let isComplete = true
  let bytes = 0

  async function* keeping(path: string, content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const chunks: Uint8Array[] = []
    let size = 0
    for await (const chunk of content) {
      size += chunk.length
      if (size <= MAX_DOCKERFILE_BYTES && bytes + size <= MAX_BYTES) chunks.push(chunk)
      else isComplete = false
      yield chunk
    }
    const whole = Buffer.concat(chunks)
    if (whole.length < size) return
    bytes += size
    texts.set(path, whole.toString('utf8'))
  }

  return {
    /** The same content. */
    pass: (path: string, content: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> =>
      /dockerfile|containerfile/i.test(path) || path.endsWith(IGNORE_FILE) ? keeping(path, content) : content,
    kept: (): Kept => ({ texts, isComplete })
  }
}
