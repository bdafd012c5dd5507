import t from 'tap'
import type { MountPoint } from '../../../src/engine/contract/containers.ts'
import { checkRemovable, checkUnpackable, checkWritable, unpackedAt } from '../../../src/files/mounts.ts'

const VOLUME: MountPoint = { target: '/data', kind: 'volume', readOnly: false }
const LOCKED: MountPoint = { target: '/data/locked', kind: 'volume', readOnly: true }
const HOST: MountPoint = { target: '/srv/host', kind: 'other', readOnly: false }
const MOUNTS = [VOLUME, LOCKED, HOST]

t.test('writable paths', async (t) => {
  for (const [path, code] of [
    ['/', undefined],
    ['/tmp/x', undefined],
    ['/database', undefined],
    ['/data/x', undefined],
    ['/data/locked/x', 'FILE_READ_ONLY'],
    ['/srv/host', 'FILE_OUTSIDE'],
    ['/srv/host/x', 'FILE_OUTSIDE'],
    ['/proc/1/mem', 'FILE_OUTSIDE'],
    ['/dev/x', 'FILE_OUTSIDE'],
    ['/etc/hosts', 'FILE_OUTSIDE'],
    ['/etc/hosts.new', undefined]
  ] as const) {
    if (code === undefined) t.doesNotThrow(() => checkWritable({ mounts: MOUNTS, readOnlyRoot: false }, path), path)
    else t.throws(() => checkWritable({ mounts: MOUNTS, readOnlyRoot: false }, path), { code }, path)
  }
  const own = { target: '/proc/own', kind: 'volume', readOnly: false } as const
  t.doesNotThrow(() => checkWritable({ mounts: [own], readOnlyRoot: false }, '/proc/own/x'))
  t.doesNotThrow(() => checkWritable({ mounts: [own], readOnlyRoot: true }, '/proc/own/x'))
  t.throws(() => checkWritable({ mounts: [own], readOnlyRoot: true }, '/x'), { code: 'FILE_READ_ONLY' })
})

t.test('archives are unpacked at the root, or in the volume of a read-only container', async (t) => {
  t.equal(unpackedAt({ mounts: MOUNTS, readOnlyRoot: false }, '/data/x'), '/')
  t.equal(unpackedAt({ mounts: MOUNTS, readOnlyRoot: true }, '/data/x'), '/data')
  t.equal(unpackedAt({ mounts: MOUNTS, readOnlyRoot: true }, '/x'), '/')
})

t.test('removable paths', async (t) => {
  for (const path of ['/data', '/srv', '/etc', '/etc/hosts'])
    t.throws(() => checkRemovable(MOUNTS, path), { code: 'FILE_IN_USE' }, path)
  for (const path of ['/data/x', '/tmp', '/dat']) t.doesNotThrow(() => checkRemovable(MOUNTS, path), path)
})

t.test('paths where an archive may be unpacked', async (t) => {
  t.throws(() => checkUnpackable(MOUNTS, '/tmp'), { code: 'FILE_OUTSIDE', message: /host/ })
  t.throws(() => checkUnpackable([VOLUME], '/'), { code: 'FILE_OUTSIDE', message: /"\/data"/ })
  t.doesNotThrow(() => checkUnpackable([VOLUME], '/data'))
  t.doesNotThrow(() => checkUnpackable([VOLUME], '/data/x'))
})
