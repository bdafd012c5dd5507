// Files as a model writes them, and as tar files.

import type { Berth } from '../client/client.ts'
import { isBerthError } from '../client/errors.ts'
import { Type, type Static } from '@sinclair/typebox'
import { TAR_END, tarFile, tarHeader } from '../lib/tar/write.ts'

export const filesField = Type.Record(Type.String(), Type.String(), {
  description: 'Text of each file by its path. Content that is no text: "base64:" and the content in base64.'
})

const BASE64 = 'base64:'

/** In a separate folder that every user may write to, since the image may run as any user. */
export async function tarOf(files: Static<typeof filesField>, folder = ''): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Buffer[] = []
  if (folder !== '') pieces.push(tarHeader({ name: folder, kind: 'folder', mode: 0o777 }))
  for (const [path, text] of Object.entries(files)) {
    const content = text.startsWith(BASE64) ? Buffer.from(text.slice(BASE64.length), 'base64') : Buffer.from(text)
    const name = Buffer.from(folder + path.replace(/^\/+/, '')).toString('latin1')
    const mode = text.startsWith('#!') ? 0o755 : 0o644
    for await (const piece of tarFile({ name, kind: 'file', mode, size: content.length }, once(content)))
      pieces.push(piece)
  }
  return new Uint8Array(Buffer.concat([...pieces, TAR_END]))
}

/** Text unchanged; other content in base64, as it may be sent back. */
export function fileText(content: Buffer): string {
  const text = content.toString()
  return Buffer.from(text).equals(content) ? text : BASE64 + content.toString('base64')
}

async function* once(content: Buffer): AsyncGenerator<Buffer> {
  yield content
}

/** The beginning of a file, or the list of a folder, and the total number of bytes. The rest is never read into memory. */
export async function beginningOf(berth: Berth, id: string, path: string, most: number, signal: AbortSignal) {
  try {
    const headers = { accept: '*/*', range: `bytes=0-${most - 1}` }
    const answer = await berth.request('readContainerFiles', { id, path }, { signal, headers })
    const content = Buffer.from(await answer.arrayBuffer())
    const size = Number(answer.headers.get('content-range')?.split('/')[1] ?? content.length)
    return { content, size }
  } catch (error) {
    // An empty file has no first byte.
    if (!isBerthError(error, 'RANGE_NOT_SATISFIABLE')) throw error
    return { content: Buffer.alloc(0), size: 0 }
  }
}
