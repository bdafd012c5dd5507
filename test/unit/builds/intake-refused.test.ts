import { gzipSync } from 'node:zlib'
import t from 'tap'
import { sealHeader, tarOf, zipOf, type TarEntry } from '../../helpers/archives.ts'
import { createNoise, DOCKERFILE, intake, MIB, TREE, type LIMITS } from '../../helpers/contexts.ts'

const { files, take } = intake(t)

t.test('a refused upload leaves nothing behind', async (t) => {
  const tar = (...entries: TarEntry[]) => tarOf(DOCKERFILE, ...entries)
  const zeros = Buffer.alloc(24 * MIB)
  const good = await tarOf(...TREE)
  const goodZip = zipOf(DOCKERFILE, { name: 'a', content: 'x'.repeat(10_000) })
  const sparse = await tar({ name: 'sparse' })
  sparse.write('S', 1024 + 156)
  sealHeader(sparse, 1024)
  const many = Array.from({ length: 101 }, (_none, index) => ({ name: `f${index}` }))

  const cases: [why: string, bytes: Buffer, reason: RegExp, limits?: Partial<typeof LIMITS>][] = [
    ['nothing', Buffer.alloc(0), /empty/],
    ['a picture', Buffer.from('89504e470d0a1a0a0000000d', 'hex'), /no Dockerfile and no tar/],
    [
      'a text that turns out to be none',
      Buffer.concat([Buffer.from('FROM x\n'.repeat(10_000)), Buffer.alloc(9)]),
      /no text/
    ],
    ['a huge text', Buffer.from('# hello\n'.repeat(200_000)), /larger than 128 KiB/],
    ['out of the context', await tar({ name: '../evil' }), /"\.\.\/evil" leads out of the context/],
    ['out of it on the way', await tar({ name: 'a/../../evil' }), /leads out/],
    ['absolute', await tar({ name: '/etc/passwd' }), /absolute/],
    ['absolute on Windows', await tar({ name: 'C:/x' }), /absolute/],
    ['a backslash', await tar({ name: '..\\evil' }), /character/],
    ['too long', await tar({ name: 'a/'.repeat(600) }), /too long/],
    ['a part too long', await tar({ name: 'a'.repeat(256) }), /too long/],
    [
      'a device',
      await tar({ name: 'd', type: 'character-device', devmajor: 1, devminor: 3 }),
      /"d" is a character-device/
    ],
    ['a disk', await tar({ name: 'd', type: 'block-device' }), /block-device/],
    ['a pipe', await tar({ name: 'd', type: 'fifo' }), /fifo/],
    ['a sparse file', sparse, /"sparse" is of an unknown kind/],
    ['a hard link out', await tar({ name: 'h', type: 'link', linkname: '../../etc/shadow' }), /leads out/],
    ['a hard link to an absolute name', await tar({ name: 'h', type: 'link', linkname: '/etc/shadow' }), /absolute/],
    ['a hard link to nothing', await tar({ name: 'h', type: 'link', linkname: '.' }), /leads nowhere/],
    ['a second Dockerfile', await tar(DOCKERFILE), /"Dockerfile" stands twice/],
    ['the same by another spelling', await tar({ name: './/Dockerfile' }), /stands twice/],
    ['a link in place of a file', await tar({ name: './Dockerfile', type: 'symlink', linkname: 'x' }), /stands twice/],
    [
      'through a link',
      await tar({ name: 'd', type: 'symlink', linkname: '.' }, { name: 'd/Dockerfile', content: 'FROM evil' }),
      /"d\/Dockerfile" leads through a symlink/
    ],
    ['through a file', await tar({ name: 'Dockerfile/x' }), /leads through a file/],
    ['too many', await tarOf(...many), /more than 100 files/],
    [
      'too much',
      await tar({ name: 'a', content: 'x'.repeat(2000) }),
      /larger than 1000 bytes once unpacked/,
      { contextBytes: 1000 }
    ],
    ['a gzip bomb', gzipSync(await tar({ name: 'a', content: zeros })), /200 times/],
    [
      'a gzip bomb of small files',
      gzipSync(await tarOf(...many.slice(0, 99).map((entry) => ({ ...entry, content: zeros.subarray(0, MIB) })))),
      /200 times/
    ],
    ['gzip of something else', gzipSync('FROM scratch\n'), /tar file is damaged or cut short/],
    ['gzip cut off', gzipSync(good).subarray(0, 200), /damaged or cut short/],
    [
      'gzip cut off in a large file',
      gzipSync(await tar({ name: 'a', content: createNoise(MIB) })).subarray(0, 500_000),
      /cut short/
    ],
    ['gzip damaged', Buffer.concat([gzipSync(good).subarray(0, 100), Buffer.alloc(300, 7)]), /damaged/],
    ['tar cut off in a header', good.subarray(0, 700), /cut short/],
    ['tar cut off in a file', (await tar({ name: 'a', content: createNoise(MIB) })).subarray(0, 500_000), /cut short/],
    ['tar damaged', Buffer.concat([good.subarray(0, 1024), Buffer.alloc(512, 7), good.subarray(1536)]), /damaged/],
    ['zip cut off', goodZip.subarray(0, goodZip.length - 30), /damaged or cut short/],
    ['zip damaged', damaged(goodZip), /damaged or cut short/],
    ['zip of nothing', zipOf(), /no Dockerfile and no tar/],
    ['zip: out of the context', zipOf(DOCKERFILE, { name: '../evil' }), /"\.\.\/evil" leads out/],
    ['zip: absolute', zipOf(DOCKERFILE, { name: '/etc/passwd' }), /absolute/],
    ['zip: a backslash', zipOf(DOCKERFILE, { name: '..\\evil' }), /leads out/],
    ['zip: a device', zipOf({ name: 'dev', mode: 0o020666 }), /"dev" is no file, folder or link/],
    ['zip: twice', zipOf(DOCKERFILE, DOCKERFILE), /stands twice/],
    ['zip: a long link', zipOf({ name: 'l', mode: 0o120777, content: 'x'.repeat(70_000) }), /too long/],
    ['zip: an empty link', zipOf({ name: 'l', mode: 0o120777 }), /leads nowhere/],
    ['zip: too many', zipOf(...many), /more than 100 files/],
    ['a zip bomb', zipOf(DOCKERFILE, { name: 'a', content: zeros }), /200 times/],
    [
      'a zip that lies about its sizes',
      lying(zipOf(DOCKERFILE, { name: 'a', content: zeros }), 24 * MIB, 10),
      /damaged|200 times/
    ]
  ]
  for (const [why, bytes, reason, limits] of cases) {
    const error = await take(bytes, limits).then(
      () => undefined,
      (thrown: { code?: string; message?: string }) => thrown
    )
    t.match(error, { code: 'INVALID_CONTEXT', message: reason, fields: [{ field: 'file' }] }, why)
    t.same(files(), [], `${why}: nothing is left`)
  }
})

t.test('a link without a target is refused without waiting forever', async (t) => {
  const tar = await tarOf({ name: 'l', type: 'symlink', linkname: 'x' })
  tar.fill(0, 157, 257)
  sealHeader(tar)
  await t.rejects(take(tar), { code: 'INVALID_CONTEXT', message: /leads nowhere/ })
})

function damaged(zip: Buffer): Buffer {
  const copy = Buffer.from(zip)
  copy[42] = 0xff
  return copy
}

/** With another size in place of each size. */
function lying(zip: Buffer, size: number, claimed: number): Buffer {
  const copy = Buffer.from(zip)
  const wanted = Buffer.alloc(4)
  wanted.writeUInt32LE(size)
  for (let at = copy.indexOf(wanted); at !== -1; at = copy.indexOf(wanted, at + 1)) copy.writeUInt32LE(claimed, at)
  return copy
}
