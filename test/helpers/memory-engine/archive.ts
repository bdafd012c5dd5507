// The file system of a container, as far as archives can show it. Links are followed inside of it, as an engine does.

import type { Readable } from 'node:stream'
import type { Engine } from '../../../src/engine/contract/engine.ts'
import { AppError } from '../../../src/errors.ts'
import { paddingOf } from '../../../src/lib/tar/header.ts'
import { readTar } from '../../../src/lib/tar/read.ts'
import { TAR_END, tarHeader } from '../../../src/lib/tar/write.ts'
import { folderNode, readNode, type FileNode, type Folder } from './file-tree.ts'
import type { Kept, State } from './state.ts'

const MOST_LINKS = 40

export function archiveCalls({ state, find }: { state: State; find: (id: string) => Kept }) {
  /** The location of a path, with its folder; the last part is followed on request. */
  function walk(
    root: Folder,
    path: string,
    { follow }: { follow: boolean },
    hops = 0
  ): { at: string; node?: FileNode } {
    if (hops > MOST_LINKS) throw new AppError('FILE_NOT_FOUND', 'The links form a loop.')
    let node: FileNode = root
    let at = ''
    const parts = path.split('/').filter((part) => part !== '' && part !== '.')
    for (const [index, part] of parts.entries()) {
      if (part === '..') return walk(root, [parent(at), ...parts.slice(index + 1)].join('/'), { follow }, hops + 1)
      if (node.kind !== 'folder') throw new AppError('FILE_NOT_FOUND', `${at} is no folder.`)
      const next: FileNode | undefined = node.children.get(part)
      const isLast = index === parts.length - 1
      if (!next) return { at: [at, ...parts.slice(index)].join('/') }
      if (next.kind === 'symlink' && (follow || !isLast)) {
        const from = next.target.startsWith('/') ? '' : at
        return walk(root, [from, next.target, ...parts.slice(index + 1)].join('/'), { follow }, hops + 1)
      }
      node = next
      at = `${at}/${part}`
    }
    return { at: at || '/', node }
  }

  function lookAt(id: string, path: string, { follow = false } = {}): FileNode | undefined {
    return walk(find(id).files, path, { follow }).node
  }

  function require(id: string, path: string): FileNode {
    const node = lookAt(id, path)
    if (!node) throw new AppError('FILE_NOT_FOUND', `Could not find the file ${path} in container ${id}`)
    return node
  }

  /** The folder of the path, created if it is missing. */
  function folderFor(root: Folder, path: string): Folder {
    const above = parent(path)
    const { node } = walk(root, above, { follow: true })
    if (node?.kind === 'folder') return node
    if (node) throw new AppError('FILE_KIND_DIFFERS', `${above} is not a directory`)
    const made = folderNode()
    folderFor(root, above).children.set(last(above), made)
    return made
  }

  async function unpack(id: string, archive: AsyncIterable<Buffer>, at: string) {
    const root = find(id).files
    const below = at === '/' ? '/' : `${at}/`
    for await (const { content, ...header } of readTar(archive)) {
      const path = `${below}${header.name}`.replace(/\/+$/, '')
      checkWritable(find(id), path)
      const place = folderFor(root, path)
      const name = last(path)
      const old = place.children.get(name)
      const isFolder = header.kind === 'folder'
      if (old && (old.kind === 'folder') !== isFolder)
        throw new AppError('FILE_KIND_DIFFERS', `cannot overwrite ${path}`)
      if (old?.kind === 'folder' && isFolder) {
        Object.assign(old, { mode: header.mode, uid: header.uid, gid: header.gid, mtimeNs: header.mtimeNs })
        continue
      }
      place.children.delete(name)
      const target = header.kind === 'link' ? lookAt(id, `${below}${header.target}`) : undefined
      if (header.kind === 'link' && !target) throw new AppError('ENGINE_FAILED', 'link: no such file or directory')
      place.children.set(name, target ?? (await readNode(header, content, (node) => place.children.set(name, node))))
    }
  }

  return {
    async statPath(id, path) {
      if (!state.containers.has(id)) return undefined
      const node = lookAt(id, path)
      if (!node) return undefined
      const isLink = node.kind === 'symlink'
      const kind = isLink ? 'link' : node.kind === 'fifo' ? 'other' : node.kind
      return {
        kind,
        sizeBytes: node.kind === 'file' ? node.content.length : 0,
        mode: node.mode,
        modifiedAt: new Date(Number(node.mtimeNs / 1_000_000n)).toISOString(),
        target: isLink ? walk(find(id).files, path, { follow: true }).at : null
      }
    },

    async readArchive(id, path) {
      return pack(last(path), require(id, path))
    },

    async writeArchive(id, archive: Readable, _signal, root = '/') {
      await unpack(id, archive, root)
    },

    async removePath(id, path) {
      if (!lookAt(id, path)) return false
      checkWritable(find(id), path)
      return folderFor(find(id).files, path).children.delete(last(path))
    }
  } satisfies Partial<Engine>
}

function checkWritable({ record }: Kept, path: string): void {
  const mount = record.mounts.find(({ target }) => path === target || path.startsWith(`${target}/`))
  if (mount?.readOnly) throw new AppError('FILE_READ_ONLY', 'mounted volume is marked read-only')
}

async function* pack(name: string, node: FileNode, names = new Map<FileNode, string>()): AsyncGenerator<Buffer> {
  const { mode, uid, gid, mtimeNs } = node
  const attributes = { mode, uid, gid, mtimeNs }
  const first = names.get(node)
  names.set(node, name)
  if (first !== undefined) yield tarHeader({ name, kind: 'link', target: first, ...attributes })
  else if (node.kind === 'folder') {
    yield tarHeader({ name: `${name}/`, kind: 'folder', ...attributes })
    const sorted = [...node.children].toSorted(([a], [b]) => (a < b ? -1 : 1))
    for (const [child, below] of sorted)
      for await (const piece of pack(`${name}/${child}`, below, names)) if (!isEnd(piece)) yield piece
  } else if (node.kind === 'file') {
    const size = node.content.length
    yield tarHeader({ name, kind: 'file', size, ...attributes })
    if (size > 0) yield node.content
    if (paddingOf(size) > 0) yield Buffer.alloc(paddingOf(size))
  } else yield tarHeader({ name, kind: node.kind, target: node.kind === 'symlink' ? node.target : '', ...attributes })
  yield TAR_END
}

const isEnd = (piece: Buffer): boolean => piece === TAR_END
const last = (path: string): string => path.split('/').findLast((part) => part !== '') ?? ''
const parent = (path: string): string => path.slice(0, path.replace(/\/+$/, '').lastIndexOf('/')) || '/'
