// The files that were dropped or chosen, those in folders with their paths.

import type { Entry } from '../../lib/tar.ts'
import { LEFT_OUT } from './context.ts'

export function entriesOfFiles(files: FileList): Entry[] {
  return [...files].map((file) => ({ path: file.webkitRelativePath || file.name, content: file }))
}

export async function entriesOfDrop({ items }: DataTransfer): Promise<Entry[]> {
  // All of them at once: the list is empty after the first wait.
  const roots = [...items].flatMap((item) => item.webkitGetAsEntry() ?? [])
  return (await Promise.all(roots.map(entriesBelow))).flat()
}

async function entriesBelow(entry: FileSystemEntry): Promise<Entry[]> {
  if (entry.isFile) {
    const content = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject))
    return [{ path: entry.fullPath.replace(/^\//, ''), content }]
  }
  if (LEFT_OUT.has(entry.name)) return []
  const reader = (entry as FileSystemDirectoryEntry).createReader()
  const found: Entry[] = []
  // A folder is read in parts, until one is empty.
  for (;;) {
    const part = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject))
    if (part.length === 0) return found
    for (const each of part) found.push(...(await entriesBelow(each)))
  }
}
