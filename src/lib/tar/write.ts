// Writes a tar file in chunks.

import { BLOCK, paddingOf, writeHeader, type TarHeader } from './header.ts'

type Given = Pick<TarHeader, 'name' | 'kind'> & Partial<TarHeader>

const PLAIN = { size: 0, mode: 0o644, uid: 0, gid: 0, mtimeNs: 0n, target: '', more: new Map<string, string>() }

/** The two empty blocks at its end. */
export const TAR_END = Buffer.alloc(2 * BLOCK)

export const tarHeader = (given: Given): Buffer => writeHeader({ ...PLAIN, ...given })

/** A file with its content, which must be as long as its size says. */
export async function* tarFile(
  given: Given & { size: number },
  content: AsyncIterable<Buffer>
): AsyncGenerator<Buffer> {
  yield tarHeader(given)
  yield* content
  const padding = paddingOf(given.size)
  if (padding > 0) yield Buffer.alloc(padding)
}
