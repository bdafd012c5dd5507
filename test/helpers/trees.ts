// Random trees of files, as users may have them: names of any bytes, links, owners, times, and contents that end anywhere in
// a block of a tar file.

import { isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'
import fc from 'fast-check'

/** Names and targets have one character for each byte (latin1). */
export type Node = {
  name: string
  kind: 'file' | 'folder' | 'symlink' | 'link' | 'fifo'
  mode: number
  uid: number
  gid: number
  seconds: number
  nanoseconds: number
  target: string
  content: Buffer
}
/** The observable properties of a node. Names of the same file share a group. */
export type Seen = Partial<Pick<Node, 'mode' | 'uid' | 'gid' | 'seconds'>> & {
  kind: string
  target: string
  hash: string
}

const MOST_NODES = 12
const LONGEST_NAME = 255
const LONGEST_PATH = 1_000
// Names with a meaning to shells, to overlay file systems, or to tar and zip files.
const ODD_NAMES = ['...', '-rf', '.wh.a', '.wh..wh..opq', ' ', '\n', '%2e%2e', '\\', '"', 'é', 'PaxHeader', 'a\u0001b']

const byte = fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code === 0x2f ? 0x5f : code))
const plain = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'd', 'e'), minLength: 1, maxLength: 6 })
const name = fc
  .oneof(
    { weight: 4, arbitrary: plain },
    { weight: 2, arbitrary: fc.constantFrom(...ODD_NAMES.map((odd) => Buffer.from(odd).toString('latin1'))) },
    { weight: 2, arbitrary: fc.array(byte, { minLength: 1, maxLength: 12 }).map((bytes) => bytes.join('')) },
    { weight: 1, arbitrary: fc.integer({ min: 90, max: LONGEST_NAME }).map((length) => 'n'.repeat(length)) }
  )
  .filter((each) => each !== '.' && each !== '..')
const owner = fc.constantFrom(0, 1, 1000, 65_534, 2_097_151, 2_097_152, 2 ** 31 - 1)
const seconds = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 2 ** 32 }) },
  { weight: 1, arbitrary: fc.constantFrom(0, 1, 2 ** 31, 8 ** 11 - 1, 8 ** 11, -1, -86_400) }
)
const content = fc
  .tuple(
    fc.oneof(fc.constantFrom(0, 1, 511, 512, 513, 1024), fc.integer({ min: 0, max: 70_000 })),
    fc.integer({ min: 0, max: 255 })
  )
  .map(([size, step]) => Buffer.from(Array.from({ length: size }, (_none, at) => (at * step) % 251)))

const node = fc.record({
  name,
  kind: fc.constantFrom<Node['kind']>('file', 'file', 'file', 'folder', 'folder', 'symlink', 'link', 'fifo'),
  mode: fc.integer({ min: 0, max: 0o7777 }),
  uid: owner,
  gid: owner,
  seconds,
  nanoseconds: fc.integer({ min: 0, max: 999_999_999 }),
  target: fc.oneof(plain, fc.constantFrom('/', '..', '../../../../etc', '/etc/passwd', '.'), name),
  content,
  place: fc.nat()
})

/** A folder with everything below it, in the order of creation. */
export function treeBelow(root: string): fc.Arbitrary<Node[]> {
  return fc.tuple(node, fc.array(node, { maxLength: MOST_NODES })).map(([top, others]) => {
    const nodes = [rootOf(root, top)]
    for (const { place, ...given } of others) {
      const folders = nodes.filter(({ kind }) => kind === 'folder')
      const path = `${folders[place % folders.length]?.name}/${given.name}`
      if (path.length > LONGEST_PATH || nodes.some((each) => each.name === path)) continue
      nodes.push(shaped({ ...given, name: path }, nodes, place))
    }
    return nodes
  })
}

/** Several trees in one folder. */
export function forestBelow(root: string, trees: number): fc.Arbitrary<Node[]> {
  const each = Array.from({ length: trees }, (_none, index) => treeBelow(`${root}/${index}`))
  return fc.tuple(node, fc.tuple(...each)).map(([top, nodes]) => [rootOf(root, top), ...nodes.flat()])
}

function rootOf(name: string, given: Omit<Node, 'name'>): Node {
  return { ...given, name, kind: 'folder', target: '', content: Buffer.alloc(0) }
}

function shaped(given: Node, before: Node[], place: number): Node {
  const { name: path, kind } = given
  const files = before.filter((each) => each.kind === 'file')
  const first = files[place % Math.max(1, files.length)]
  if (kind === 'link' && first) return { ...first, name: path, kind, target: first.name }
  if (kind === 'file' || kind === 'link') return { ...given, kind: 'file', target: '' }
  return { ...given, target: kind === 'symlink' ? given.target : '', content: Buffer.alloc(0) }
}

/** Without folders whose name is not UTF-8, and everything below them: JSON cannot express them. */
export function withTextFolders(nodes: Node[]): Node[] {
  const odd = nodes.filter(({ name: path, kind }) => kind === 'folder' && !isUtf8(Buffer.from(path, 'latin1')))
  return nodes.filter((each) => !odd.some(({ name: path }) => each.name === path || each.name.startsWith(`${path}/`)))
}

export const hashOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

/** The tree as an archive must show it: by path, each name of a file as the file itself. */
export function seenOf(nodes: Node[]): Record<string, Seen> {
  return Object.fromEntries(nodes.map((each) => [each.name, seenNode(each)]))
}

function seenNode({ kind, mode, uid, gid, seconds: at, target, content: bytes }: Node): Seen {
  const owned = { uid, gid, seconds: Math.max(0, at) }
  if (kind === 'symlink') return { kind, ...owned, target, hash: '' }
  const isFile = kind === 'file' || kind === 'link'
  return { kind: isFile ? 'file' : kind, mode, ...owned, target: '', hash: isFile ? hashOf(bytes) : '' }
}
