// Uploads to and removals from a container.

import { send } from '../../../api/client.ts'
import type { RemovedFile } from '../../../../../client/api.ts'
import { below } from '../../../lib/file-path.ts'
import { tarOf, type Entry } from '../../../lib/tar.ts'
import { urlOf } from './open.ts'

export async function removeAt(id: string, path: string): Promise<RemovedFile> {
  const answer = await send(urlOf(id, path, '&recursive=true'), { method: 'DELETE' })
  return (await answer.json()) as RemovedFile
}

/** A file unchanged; files in folders as one archive that is unpacked there. */
export async function put(id: string, folder: string, entries: readonly Entry[]): Promise<void> {
  const isFile = ({ path }: Entry) => !path.includes('/')
  for (const { path, content } of entries.filter(isFile))
    await write(urlOf(id, below(folder, encodeURIComponent(path))), content)
  const nested = entries.filter((entry) => !isFile(entry))
  if (nested.length > 0) await write(urlOf(id, folder, '&unpack=true'), tarOf(nested))
}

async function write(url: string, body: Blob): Promise<void> {
  await send(url, { method: 'PUT', headers: { 'content-type': 'application/octet-stream' }, body })
}
