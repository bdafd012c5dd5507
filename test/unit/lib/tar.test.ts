// Tar files: the code reads its own archives and those of other programs.

import { execFileSync, spawnSync } from 'node:child_process'
import { linkSync, mkdirSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { TarError, writeHeader, type TarHeader } from '../../../src/lib/tar/header.ts'
import { readTar } from '../../../src/lib/tar/read.ts'
import { TAR_END, tarFile, tarHeader } from '../../../src/lib/tar/write.ts'
import { makeFolder } from '../../helpers/folder.ts'
import { python } from '../../helpers/python.ts'

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function readAll(bytes: Buffer, size = 1_000) {
  const entries: (TarHeader & { text: string })[] = []
  for await (const { content, ...header } of readTar(inPieces(bytes, size)))
    entries.push({ ...header, text: Buffer.concat(await Array.fromAsync(content)).toString('latin1') })
  return entries
}

const byteText = (maxLength: number) =>
  fc
    .uint8Array({ minLength: 1, maxLength })
    .map((bytes) => Buffer.from(bytes.map((byte) => byte || 1)).toString('latin1'))

const header = fc.record({
  name: byteText(400),
  kind: fc.constantFrom('folder', 'symlink', 'link', 'fifo', 'file'),
  size: fc.constantFrom(0, 1, 511, 512, 513, 70_000),
  mode: fc.nat(0o7777),
  uid: fc.constantFrom(0, 1000, 2_097_151, 2_097_152, 4_294_967_294),
  gid: fc.constantFrom(0, 100, 2_097_152),
  mtimeNs: fc.bigInt({ min: -(10n ** 18n), max: 10n ** 19n }),
  target: fc.oneof(fc.constant(''), byteText(400)),
  more: fc.constantFrom(new Map(), new Map([['SCHILY.xattr.user.x', '\u00ff\n=']]))
}) as fc.Arbitrary<TarHeader>

t.test('a round trip works with pieces of any size', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(header, { maxLength: 5 }), fc.integer({ min: 1, max: 2_000 }), async (given, size) => {
      const pieces: Buffer[] = []
      const sized = given.map((each) => ({ ...each, size: each.kind === 'file' ? each.size : 0 }))
      for (const each of sized)
        for await (const piece of tarFile(each, inPieces(Buffer.alloc(each.size, 'x'), 300))) pieces.push(piece)
      const read = await readAll(Buffer.concat([...pieces, TAR_END]), size)
      const expected = sized.map((each) => ({ ...each, text: 'x'.repeat(each.size) }))
      if (JSON.stringify(read, plain) !== JSON.stringify(expected, plain)) t.strictSame(read, expected)
    }),
    { numRuns: 200, seed: 8000 }
  )
})

const plain = (_name: string, value: unknown) =>
  typeof value === 'bigint' ? String(value) : value instanceof Map ? [...value] : value

t.test('every format of GNU tar can be read', async (t) => {
  const folder = makeFolder('tar')
  t.teardown(() => rmSync(folder, { recursive: true }))
  const long = 'n'.repeat(200)
  mkdirSync(join(folder, long))
  writeFileSync(join(folder, long, long), 'hello')
  linkSync(join(folder, long, long), join(folder, 'second'))
  symlinkSync('t'.repeat(150), join(folder, 'third'))
  utimesSync(join(folder, 'second'), 1.5, 1_234_567_890.5)
  for (const form of ['gnu', 'pax']) {
    const entries = await readAll(execFileSync('tar', ['-C', folder, `--format=${form}`, '--sort=name', '-c', '.']))
    t.match(
      entries.map(({ name, kind, text, target, mtimeNs }) => [
        name,
        kind,
        text,
        target,
        kind === 'file' && Number(mtimeNs / 10n ** 9n)
      ]),
      [
        ['./', 'folder', '', '', false],
        [`./${long}/`, 'folder', '', '', false],
        [`./${long}/${long}`, 'file', 'hello', '', 1_234_567_890],
        ['./second', 'link', '', `./${long}/${long}`, false],
        ['./third', 'symlink', '', 't'.repeat(150), false]
      ],
      form
    )
  }
})

t.test('GNU tar reads the same content', async (t) => {
  const name = `${'d'.repeat(90)}/${'f'.repeat(90)}`
  const given = {
    name,
    kind: 'file',
    size: 9_000_000_000,
    mode: 0o640,
    uid: 3_000_000,
    gid: 1,
    mtimeNs: 1n,
    target: ''
  } as const
  const input = Buffer.concat([
    writeHeader({ ...given, size: 0, more: new Map() }),
    writeHeader({ ...given, more: new Map() })
  ])
  // GNU tar reports that the content of the second entry is missing.
  const { stdout } = spawnSync('tar', ['--numeric-owner', '-tv'], { input, encoding: 'utf8' })
  t.match(stdout, /^-rw-r----- 3000000\/1 +0 .*\n-rw-r----- 3000000\/1 9000000000 .*d{90}\/f{90}\n/)
})

t.test('an invalid tar file is recognized', async (t) => {
  const good = writeHeader({
    name: 'a',
    kind: 'file',
    size: 5,
    mode: 0,
    uid: 0,
    gid: 0,
    mtimeNs: 0n,
    target: '',
    more: new Map()
  })
  const damaged = Buffer.from(good)
  damaged[0] = 0x62
  for (const [bytes, why] of [
    [Buffer.alloc(700, 'x'), /checksum/],
    [damaged, /checksum/],
    [good.subarray(0, 300), /ends early/],
    [good, /ends early/]
  ] as const)
    await t.rejects(readAll(bytes), { constructor: TarError, message: why })
  t.strictSame(await readAll(Buffer.alloc(0)), [])
})

t.test('endless records are not kept', async (t) => {
  async function* endless() {
    const block = writeHeader({
      name: 'x'.repeat(100_000),
      kind: 'folder',
      size: 0,
      mode: 0,
      uid: 0,
      gid: 0,
      mtimeNs: 0n,
      target: '',
      more: new Map()
    })
    for (;;) yield block.subarray(0, block.length - 512)
  }
  await t.rejects(Array.fromAsync(readTar(endless())), { message: /too long/ })
})

t.test('holes of a sparse file are not taken for content in either form', async (t) => {
  const folder = t.testdir({ sparse: '' })
  truncateSync(join(folder, 'sparse'), 10_000_000)
  for (const form of ['gnu', 'pax']) {
    const [entry] = await readAll(execFileSync('tar', ['-C', folder, '--sparse', `--format=${form}`, '-c', 'sparse']))
    t.ok(
      entry?.kind === 'unknown' || [...(entry?.more.keys() ?? [])].some((name) => name.startsWith('GNU.sparse')),
      form
    )
  }
})

t.test(
  'archives of Python in the oldest form are read: long names in two fields, times after 2242 and before 1970',
  async (t) => {
    const name = `${'folder/'.repeat(15)}file`
    const script = `
import io, sys, tarfile
made = io.BytesIO()
for form, name, mtime in [(tarfile.USTAR_FORMAT, '${name}', 5), (tarfile.GNU_FORMAT, 'late', 8 ** 11), (tarfile.GNU_FORMAT, 'early', -5)]:
  info = tarfile.TarInfo(name)
  info.mtime = mtime
  made.write(info.tobuf(form))
made.write(bytes(1024))
sys.stdout.buffer.write(made.getvalue())
`
    const packed = execFileSync(python(), ['-c', script])
    t.match(await readAll(packed), [
      { name, mtimeNs: 5_000_000_000n },
      { name: 'late', mtimeNs: 8n ** 11n * 1_000_000_000n },
      { name: 'early', mtimeNs: -5_000_000_000n }
    ])
  }
)

t.test('a time in whole seconds after 2242 is written exactly', async (t) => {
  const mtimeNs = 8n ** 11n * 1_000_000_000n
  const [read] = await readAll(Buffer.concat([tarHeader({ name: 'late', kind: 'folder', mtimeNs }), TAR_END]))
  t.equal(read?.mtimeNs, mtimeNs)
})
