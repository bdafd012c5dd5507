// Files as the API shows them, and as requests describe them. Pure.

import type { Listed } from './listing.ts'
import { lostBytesOf, textOf } from './path.ts'
import type { Attributes, FileEntry } from './schemas.ts'

const NANOSECONDS = 1_000_000_000n
const KINDS: Record<Listed['kind'], FileEntry['kind']> = {
  file: 'file',
  folder: 'folder',
  symlink: 'link',
  link: 'file',
  fifo: 'pipe',
  device: 'device',
  unknown: 'other'
}

export function viewEntry({ name, kind, size, mode, uid, gid, mtimeNs, target }: Listed): FileEntry {
  const nameBytes = lostBytesOf(name)
  const targetBytes = lostBytesOf(target)
  const shown = KINDS[kind]
  return {
    name: textOf(name),
    ...(nameBytes !== undefined && { name_base64: nameBytes }),
    kind: shown,
    size: shown === 'file' ? size : null,
    mode: modeText(mode),
    uid,
    gid,
    modified: new Date(Number(mtimeNs / 1_000_000n)).toISOString(),
    target: shown === 'link' ? textOf(target) : null,
    ...(targetBytes !== undefined && { target_base64: targetBytes })
  }
}

export const modeText = (mode: number): string => mode.toString(8).padStart(4, '0')

/** RFC 3339, up to nanoseconds. */
function nanosecondsOf(moment: string): bigint {
  const fraction = /\.(\d{1,9})/.exec(moment)?.[1] ?? ''
  const seconds = Math.floor(Date.parse(moment) / 1000)
  return BigInt(seconds) * NANOSECONDS + BigInt(fraction.padEnd(9, '0'))
}

type Owned = { mode: number; uid: number; gid: number }

/** Requested attributes, with the previous ones as defaults. */
export function attributesOf({ mode, uid, gid, modified }: Attributes, usual: Owned, now: number) {
  return {
    mode: mode === undefined ? usual.mode : Number.parseInt(mode, 8),
    uid: uid ?? usual.uid,
    gid: gid ?? usual.gid,
    mtimeNs: modified === undefined ? BigInt(now) * 1_000_000n : nanosecondsOf(modified)
  }
}
