// A path of a container in Docker's words, in ours. Pure.

import type { PathStat } from '../contract/archive.ts'
import type { RawPathStat } from './schemas/archive.ts'

// Go has its own bits for everything except permissions.
const FOLDER = 2 ** 31
const LINK = 2 ** 27
const DEVICE = 2 ** 26
const PIPE = 2 ** 25
const SOCKET = 2 ** 24
const SPECIAL: [go: number, unix: number][] = [
  [2 ** 23, 0o4000],
  [2 ** 22, 0o2000],
  [2 ** 20, 0o1000]
]

export function mapStat({ size, mode, mtime, linkTarget }: RawPathStat): PathStat {
  const has = (bit: number) => Math.floor(mode / bit) % 2 === 1
  const special = SPECIAL.reduce((bits, [go, unix]) => (has(go) ? bits | unix : bits), 0)
  const kind = has(LINK) ? 'link' : has(FOLDER) ? 'folder' : has(DEVICE) || has(PIPE) || has(SOCKET) ? 'other' : 'file'
  return {
    kind,
    sizeBytes: size,
    mode: (mode & 0o777) | special,
    modifiedAt: mtime,
    target: kind === 'link' ? Buffer.from(linkTarget, 'utf8').toString('latin1') : null
  }
}
