// What was dropped, as the one file that a build takes: a Dockerfile or an archive as it is, a folder packed.

import { tarOf, type Entry } from '../../lib/tar.ts'

export type Context = { file: Blob; fileName: string; about: string }

const ARCHIVE = /\.(tar|tar\.gz|tgz|zip)$/i
/** What is never of use in a build, and often large. */
const LEFT_OUT = new Set(['.git', 'node_modules'])

export async function contextOf(items: readonly Entry[]): Promise<Context> {
  const [first] = items
  if (items.length === 1 && first && (ARCHIVE.test(first.path) || !first.path.includes('/')))
    return { file: first.content, fileName: first.path, about: first.path }
  const entries = withoutRoot(items.filter(({ path }) => !path.split('/').some((part) => LEFT_OUT.has(part))))
  return { file: tarOf(entries), fileName: 'context.tar', about: `a folder of ${entries.length} files` }
}

/** The folder itself is no part of what is in it. */
function withoutRoot(entries: readonly Entry[]): Entry[] {
  const root = entries[0]?.path.split('/')[0] ?? ''
  const isShared = entries.every(({ path }) => path.startsWith(`${root}/`))
  return entries.map(({ path, content }) => ({ path: isShared ? path.slice(root.length + 1) : path, content }))
}

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
