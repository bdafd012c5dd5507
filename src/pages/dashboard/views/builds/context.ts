// Converts dropped files to the one file of a build: a Dockerfile or an archive unchanged, a folder packed.

import { tarOf, type Entry } from '../../lib/tar.ts'

export type Context = { file: Blob; fileName: string; about: string }

const ARCHIVE = /\.(tar|tar\.gz|tgz|zip)$/i
/** Never useful in a build, and often large. */
export const LEFT_OUT = new Set(['.git', 'node_modules'])

export function contextOf(items: readonly Entry[]): Context {
  const [first] = items
  if (items.length === 1 && first && (ARCHIVE.test(first.path) || !first.path.includes('/')))
    return { file: first.content, fileName: first.path, about: first.path }
  const entries = withoutRoot(items.filter(({ path }) => !path.split('/').some((part) => LEFT_OUT.has(part))))
  return { file: tarOf(entries), fileName: 'context.tar', about: `a folder of ${entries.length} files` }
}

/** Removes the folder's own name from the paths. */
function withoutRoot(entries: readonly Entry[]): Entry[] {
  const root = entries[0]?.path.split('/')[0] ?? ''
  const isShared = entries.every(({ path }) => path.startsWith(`${root}/`))
  return entries.map(({ path, content }) => ({ path: isShared ? path.slice(root.length + 1) : path, content }))
}
