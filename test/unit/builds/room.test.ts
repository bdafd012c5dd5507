import t from 'tap'
import { createRoom } from '../../../src/builds/room.ts'

const MEBIBYTE = 1024 ** 2

t.test('disk usage of builds is measured periodically, and counted in between', async (t) => {
  let now = 0
  let onDisk = 0
  const room = createRoom({
    files: { bytes: async () => onDisk },
    most: 3 * MEBIBYTE,
    hasRoom: () => true,
    now: () => now
  })
  await room.require()
  room.take(MEBIBYTE)
  room.take(MEBIBYTE)
  t.throws(() => room.take(MEBIBYTE), { code: 'STORAGE_FULL' })
  await t.rejects(room.require(), { code: 'STORAGE_FULL' })
  now = 10_000
  onDisk = MEBIBYTE
  await t.resolves(room.require())
})

t.test('a full disk takes no upload', async (t) => {
  let hasRoom = true
  const room = createRoom({ files: { bytes: async () => 0 }, most: 100 * MEBIBYTE, hasRoom: () => hasRoom })
  await room.require()
  hasRoom = false
  t.throws(() => room.take(MEBIBYTE), { code: 'STORAGE_FULL' })
  await t.rejects(room.require(), { code: 'STORAGE_FULL' })
})
