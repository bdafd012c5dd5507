// Files and folders in memory.

import type { TarHeader } from '../../../src/lib/tar/header.ts'

type Attributes = Pick<TarHeader, 'mode' | 'uid' | 'gid' | 'mtimeNs'>
export type Folder = Attributes & { kind: 'folder'; children: Map<string, FileNode> }
export type FileNode =
  | Folder
  | (Attributes & { kind: 'file'; content: Buffer })
  | (Attributes & { kind: 'symlink'; target: string })
  | (Attributes & { kind: 'fifo' })

export function folderNode(children: Record<string, FileNode> = {}): Folder {
  return { kind: 'folder', mode: 0o755, uid: 0, gid: 0, mtimeNs: 0n, children: new Map(Object.entries(children)) }
}

/** The initial files of every container. */
export function rootNode(volumes: { target: string }[] = []): Folder {
  const root = folderNode({ etc: folderNode(), tmp: folderNode(), proc: folderNode() })
  for (const { target } of volumes) root.children.set(target.slice(1), folderNode())
  return root
}

/** A file exists from its first byte on, as on a disk. */
export async function readNode(
  { kind, mode, uid, gid, mtimeNs, target }: TarHeader,
  content: AsyncIterable<Buffer>,
  there: (node: FileNode) => void
): Promise<FileNode> {
  const attributes = { mode, uid, gid, mtimeNs }
  if (kind === 'folder') return { kind, ...attributes, children: new Map() }
  if (kind === 'symlink') return { kind, ...attributes, target }
  if (kind === 'fifo') return { kind, ...attributes }
  const file: FileNode = { kind: 'file', ...attributes, content: Buffer.alloc(0) }
  there(file)
  for await (const piece of content) file.content = Buffer.concat([file.content, piece])
  return file
}
