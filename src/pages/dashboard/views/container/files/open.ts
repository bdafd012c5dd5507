// Loads a path of a container: a folder with its entries, or a file, with its content if it is a small text.

import { send } from '../../../api/client.ts'
import type { FileEntry, FolderListing } from '../../../../../client/api.ts'

export type FoundFolder = {
  kind: 'folder'
  path: string
  entries: FileEntry[]
  /** Why it is incomplete. */
  reason: string | null
  cursor: string | undefined
}
export type FoundFile = { kind: 'file'; path: string; url: string; size: number; text: string | undefined }

export const MOST_SHOWN_BYTES = 512 * 1024

export const urlOf = (id: string, path: string, query = ''): string =>
  `/containers/${encodeURIComponent(id)}/files?path=${path}${query}`

export async function open(id: string, path: string): Promise<FoundFolder | FoundFile> {
  const url = urlOf(id, path)
  const hangUp = new AbortController()
  const answer = await send(url, { signal: hangUp.signal })
  // Only files are attachments.
  if (!answer.headers.has('content-disposition')) return folderOf(path, answer)
  const size = Number(answer.headers.get('content-length') ?? 0)
  if (size <= MOST_SHOWN_BYTES) return { kind: 'file', path, url, size, text: textOf(await answer.arrayBuffer()) }
  hangUp.abort()
  return { kind: 'file', path, url, size, text: undefined }
}

/** The next entries. */
export async function openMore(id: string, { path, entries, cursor }: FoundFolder): Promise<FoundFolder> {
  const next = await folderOf(path, await send(urlOf(id, path, `&cursor=${encodeURIComponent(cursor ?? '')}`)))
  return { ...next, entries: [...entries, ...next.entries] }
}

async function folderOf(path: string, answer: Response): Promise<FoundFolder> {
  const { entries, complete, reason } = (await answer.json()) as FolderListing
  const cursor = answer.headers.get('x-next-cursor') ?? undefined
  return { kind: 'folder', path, entries, reason: complete || cursor !== undefined ? null : reason, cursor }
}

/** Undefined if it is not text. */
function textOf(content: ArrayBuffer): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(content)
    return text.includes('\0') ? undefined : text
  } catch {
    return undefined
  }
}
