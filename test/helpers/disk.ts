// A small separate disk: an ext4 file system in a file. After a power failure it has the data that reached the file.

import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { makeFolder } from './folder.ts'

const MEGABYTE = 1024 ** 2

export function canMount(): boolean {
  if (process.getuid?.() !== 0) return false
  return ['mkfs.ext4 -V', 'losetup --find'].every((command) => spawnSync('sh', ['-c', command]).status === 0)
}

export function makeDisk(t: Pick<Test, 'teardown'>, megabytes: number) {
  const place = makeFolder('disk')
  const image = join(place, 'disk')
  writeFileSync(image, '')
  truncateSync(image, megabytes * MEGABYTE)
  execFileSync('mkfs.ext4', ['-q', '-F', '-m', '0', image])
  const folder = join(place, 'mounted')
  mount(t, image, folder)
  let failures = 0
  return {
    folder,
    /** The disk in the state that a power failure would leave now. */
    afterPowerFailure(): string {
      const left = join(place, `left-${++failures}`)
      copyFileSync(image, left)
      mount(t, left, `${left}-mounted`)
      return `${left}-mounted`
    }
  }
}

function mount(t: Pick<Test, 'teardown'>, image: string, folder: string): void {
  mkdirSync(folder)
  execFileSync('mount', ['-o', 'loop', image, folder])
  t.teardown(() => execFileSync('umount', [folder]))
}
