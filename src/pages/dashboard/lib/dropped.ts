// Dropped or chosen files, with their paths in folders.

import type { Entry } from './tar.ts'

export function entriesOfFiles(files: FileList | null): Entry[] {
  return [...(files ?? [])].map((file) => ({ path: file.webkitRelativePath || file.name, content: file }))
}

/** Folders with these names are not even read. */
export async function entriesOfDrop({ items }: DataTransfer, leftOut?: ReadonlySet<string>): Promise<Entry[]> {
  // All at once: the list is empty after the first await.
  const roots = [...items].flatMap((item) => item.webkitGetAsEntry() ?? [])
  return (await Promise.all(roots.map((root) => entriesBelow(root, leftOut)))).flat()
}

async function entriesBelow(entry: FileSystemEntry, leftOut?: ReadonlySet<string>): Promise<Entry[]> {
  if (entry.isFile) {
    const content = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject))
    return [{ path: entry.fullPath.replace(/^\//, ''), content }]
  }
  if (leftOut?.has(entry.name)) return []
  const reader = (entry as FileSystemDirectoryEntry).createReader()
  const found: Entry[] = []
  // The browser returns a folder in parts, until one is empty.
  for (;;) {
    const part = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject))
    if (part.length === 0) return found
    for (const each of part) found.push(...(await entriesBelow(each, leftOut)))
  }
}
