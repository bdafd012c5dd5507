import { createHash } from 'node:crypto'
import { createReadStream, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { extract } from 'tar-stream'
import t from 'tap'
import { inspectDockerfile, takeContext } from '../../../src/builds/context/intake.ts'
import { tarOf, zipOf, type TarEntry } from '../../helpers/archives.ts'
import { inPieces } from '../../helpers/collect.ts'
import { makeFolder } from '../../helpers/folder.ts'

const folder = makeFolder('intake')
t.teardown(() => rmSync(folder, { recursive: true }))
const FILE = join(folder, 'context.tar')
const MIB = 1024 * 1024
const LIMITS = { uploadBytes: 64 * MIB, contextBytes: 256 * MIB, entries: 100 }
const DOCKERFILE = { name: 'Dockerfile', content: 'FROM scratch\n' }

type Options = Partial<typeof LIMITS> & { piece?: number }

function takeIn(bytes: Buffer, { piece = 64 * 1024, ...limits }: Options = {}) {
  return takeContext(Readable.from(inPieces(bytes, piece)), FILE, { ...LIMITS, ...limits })
}

const take = async (bytes: Buffer, options?: Options) => (await takeIn(bytes, options)).context

type Kept = { name: string; type: string; linkname?: string; mode: number; uid: number; content: string }

async function kept(): Promise<Kept[]> {
  const found: Kept[] = []
  const source = createReadStream(FILE).pipe(extract())
  for await (const entry of source) {
    const { name, type, linkname, mode, uid } = entry.header
    const content = (await buffer(entry as AsyncIterable<Buffer>)).toString()
    found.push({ name, type, ...(linkname && { linkname }), mode: mode ?? 0, uid: uid ?? -1, content })
  }
  return found
}

t.afterEach(() => {
  for (const name of readdirSync(folder)) rmSync(join(folder, name))
})

const textsOf = async (bytes: Buffer) => Object.fromEntries((await takeIn(bytes)).kept.texts)

t.test('what says how to build is kept on the way, by its clean path', async (t) => {
  const files = [
    DOCKERFILE,
    { name: './.dockerignore', content: '*' },
    { name: 'sub//web.Dockerfile.dockerignore', content: '!a' },
    { name: 'sub/Containerfile', content: 'FROM x' },
    { name: 'app.js', content: 'run()' }
  ]
  const expected = {
    Dockerfile: DOCKERFILE.content,
    '.dockerignore': '*',
    'sub/web.Dockerfile.dockerignore': '!a',
    'sub/Containerfile': 'FROM x'
  }
  t.strictSame(await textsOf(await tarOf(...files)), expected, 'of a tar')
  t.strictSame(await textsOf(await zipOf(...files)), expected, 'of a zip')
  t.strictSame(await textsOf(Buffer.from('FROM scratch\n')), { Dockerfile: 'FROM scratch\n' }, 'of a Dockerfile alone')
  t.equal((await takeIn(await tarOf(...files))).kept.isComplete, true)
  t.match(
    await inspectDockerfile(join(folder, 'none.tar'), './Dockerfile', {}, (await takeIn(await tarOf(...files))).kept),
    {
      problems: []
    }
  )
})

t.test('what is too large to keep, or too many, says so and stands in the context', async (t) => {
  const big = 'x'.repeat(200 * 1024)
  const one = await takeIn(await tarOf(DOCKERFILE, { name: '.dockerignore', content: big }))
  t.strictSame([[...one.kept.texts.keys()], one.kept.isComplete], [['Dockerfile'], false])
  t.match(await kept(), [{ name: 'Dockerfile' }, { name: '.dockerignore', content: big }])
  const many = Array.from({ length: 12 }, (_, index) => ({ name: `${index}.Dockerfile`, content: 'x'.repeat(100_000) }))
  const some = await takeIn(await tarOf(...many))
  t.strictSame([some.kept.texts.size, some.kept.isComplete], [10, false])
})

t.test('a Dockerfile alone', async (t) => {
  const text = 'FROM scratch\n# äöü\n'
  t.same(await take(Buffer.from(text), { piece: 1 }), { kind: 'dockerfile', bytes: 22, entries: 1 })
  t.match(await kept(), [{ name: 'Dockerfile', type: 'file', uid: 0, content: text }])
})

t.test('the same Dockerfile gives the same bytes, so that builders find their cache', async (t) => {
  const hashes = new Set<string>()
  for (const piece of [1, 1000]) {
    await take(Buffer.from('FROM scratch\n'), { piece })
    hashes.add(
      createHash('sha256')
        .update(await buffer(createReadStream(FILE)))
        .digest('hex')
    )
  }
  t.equal(hashes.size, 1)
})

const TREE: TarEntry[] = [
  DOCKERFILE,
  { name: './', type: 'directory' },
  { name: './app/', type: 'directory', mode: 0o750 },
  { name: './app/run.sh', mode: 0o755, uid: 1234, uname: 'somebody', content: '#!/bin/sh\n' },
  { name: `app/${'long/'.repeat(40)}name`, content: 'x' },
  { name: 'app/ünïcödé 漢字', content: 'y' },
  { name: 'link', type: 'symlink', linkname: 'app/run.sh' },
  { name: 'outside', type: 'symlink', linkname: '/etc/passwd' },
  { name: 'hard', type: 'link', linkname: './app/run.sh' }
]
const TREE_KEPT = [
  { name: 'Dockerfile', content: 'FROM scratch\n' },
  { name: 'app', type: 'directory', mode: 0o750 },
  { name: 'app/run.sh', mode: 0o755, uid: 0, content: '#!/bin/sh\n' },
  { name: `app/${'long/'.repeat(40)}name`, content: 'x' },
  { name: 'app/ünïcödé 漢字', content: 'y' },
  { name: 'link', type: 'symlink', linkname: 'app/run.sh' },
  { name: 'outside', type: 'symlink', linkname: '/etc/passwd' },
  { name: 'hard', type: 'link', linkname: 'app/run.sh' }
]

t.test('a tar file, in pieces of any size, packed or not', async (t) => {
  const tar = await tarOf(...TREE)
  for (const [bytes, piece] of [
    [tar, 1000],
    [tar, 512],
    [tar, 7],
    [gzipSync(tar), 1],
    [gzipSync(tar), 100_000]
  ] as const) {
    t.match(await take(bytes, { piece }), { kind: 'tar', entries: 9, bytes: 25 })
    t.match(await kept(), TREE_KEPT, `pieces of ${piece}`)
  }
})

t.test('a tar file of before 1988, without its magic word', async (t) => {
  const tar = await tarOf(DOCKERFILE)
  tar.fill(0, 257, 265)
  tar.write('        ', 148)
  const sum = tar.subarray(0, 512).reduce((total, byte) => total + byte, 0)
  tar.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  t.match(await take(tar), { kind: 'tar' })
  t.match(await kept(), [{ name: 'Dockerfile', content: 'FROM scratch\n' }])
})

t.test('a zip file', async (t) => {
  const zip = zipOf(
    DOCKERFILE,
    { name: 'app/', mode: 0o040755 },
    { name: 'app/run.sh', mode: 0o100755, content: '#!/bin/sh\n', isPacked: false },
    { name: 'ünï', content: 'y' },
    { name: 'link', mode: 0o120777, content: 'app/run.sh' }
  )
  t.match(await take(zip, { piece: 100 }), { kind: 'zip', entries: 5 })
  t.match(await kept(), [
    { name: 'Dockerfile', content: 'FROM scratch\n', mode: 0o644 },
    { name: 'app', type: 'directory', mode: 0o755 },
    { name: 'app/run.sh', mode: 0o755, content: '#!/bin/sh\n' },
    { name: 'ünï', content: 'y' },
    { name: 'link', type: 'symlink', linkname: 'app/run.sh' }
  ])
  t.same(readdirSync(folder), ['context.tar'], 'the zip file itself is not kept')
})

t.test('one large file that does not pack is no bomb, nor is one that packs as files do', async (t) => {
  const noise = Buffer.alloc(50 * MIB, createHash('sha512').update('x').digest())
  t.match(await take(await tarOf(DOCKERFILE, { name: 'big', content: noise }), { piece: 16_384 }), {
    bytes: 50 * MIB + 13
  })
})

t.test('what is refused leaves nothing behind', async (t) => {
  const tar = (...entries: TarEntry[]) => tarOf(DOCKERFILE, ...entries)
  const zeros = Buffer.alloc(24 * MIB)
  const good = await tarOf(...TREE)
  const goodZip = zipOf(DOCKERFILE, { name: 'a', content: 'x'.repeat(10_000) })
  const sparse = await tar({ name: 'sparse' })
  sparse.write('S', 1024 + 156)
  sparse.write('        ', 1024 + 148)
  const sum = sparse.subarray(1024, 1536).reduce((total, byte) => total + byte, 0)
  sparse.write(`${sum.toString(8).padStart(6, '0')}\0 `, 1024 + 148)
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
    t.same(readdirSync(folder), [], `${why}: nothing is left`)
  }
})

t.test('a link without a target is refused, and does not wait for ever', async (t) => {
  const tar = await tarOf({ name: 'l', type: 'symlink', linkname: 'x' })
  tar.fill(0, 157, 257)
  tar.write('        ', 148)
  const sum = tar.subarray(0, 512).reduce((total, byte) => total + byte, 0)
  tar.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  await t.rejects(take(tar), { code: 'INVALID_CONTEXT', message: /leads nowhere/ })
})

t.test('an upload over the limit', async (t) => {
  await t.rejects(take(createNoise(70 * MIB)), { code: 'INVALID_CONTEXT' })
  const big = await tarOf({ name: 'a', content: createNoise(2 * MIB) })
  for (const bytes of [big, gzipSync(big), zipOf({ name: 'a', content: createNoise(2 * MIB) })])
    await t.rejects(take(bytes, { uploadBytes: MIB }), { code: 'BODY_TOO_LARGE', message: /larger than 1048576 bytes/ })
  t.same(readdirSync(folder), [])
})

t.test('an upload that breaks off, at whatever byte', async (t) => {
  const sources = [await tarOf(...TREE), gzipSync(await tarOf(...TREE)), zipOf(DOCKERFILE), Buffer.from('FROM scratch')]
  for (const bytes of sources) {
    for (const at of [0, 5, Math.floor(bytes.length / 2), bytes.length - 1]) {
      async function* broken() {
        yield bytes.subarray(0, at)
        throw new Error('the client went away')
      }
      await t.rejects(takeContext(Readable.from(broken()), FILE, LIMITS), /the client went away/, `at ${at}`)
      t.same(readdirSync(folder), [])
    }
  }
})

t.test('a refused upload is read to its end, so that its client hears of it', { timeout: 10_000 }, async (t) => {
  const bad = await tarOf({ name: '/absolute' })
  for (const head of [bad, gzipSync(bad).subarray(0, 60), zipOf({ name: '/absolute' }), Buffer.alloc(600)]) {
    let sent = 0
    async function* upload() {
      yield head
      for (; sent < 100; sent++) yield Buffer.alloc(MIB / 4, 1)
    }
    const source = Readable.from(upload(), { objectMode: false })
    const ended = new Promise((resolve) => source.once('close', resolve))
    await t.rejects(takeContext(source, FILE, LIMITS))
    await ended
    t.equal(sent, 100)
  }
})

t.test('damage at any place never does more than refuse', { timeout: 60_000 }, async (t) => {
  let seed = 1
  const random = (below: number) => (seed = (seed * 48271) % 2147483647) % below
  const sources = [
    await tarOf(...TREE),
    gzipSync(await tarOf(...TREE)),
    zipOf(DOCKERFILE, { name: 'a/b', content: 'x'.repeat(500) })
  ]
  const outcomes = { taken: 0, refused: 0 }
  for (let round = 0; round < 150; round++) {
    const bytes = Buffer.from(sources[round % 3] ?? [])
    for (let change = 0; change <= random(4); change++) bytes[random(bytes.length)] = random(256)
    const cut = random(5) === 0 ? bytes.subarray(0, random(bytes.length)) : bytes
    try {
      await take(cut, { piece: 1 + random(1000) })
      outcomes.taken++
    } catch (error) {
      outcomes.refused++
      if ((error as { code?: string }).code !== 'INVALID_CONTEXT') throw error
      if (readdirSync(folder).length > 0)
        throw new Error(`round ${round} left ${readdirSync(folder)}`, { cause: error })
    }
  }
  t.ok(outcomes.taken > 5 && outcomes.refused > 30, JSON.stringify(outcomes))
})

t.test('a Dockerfile that is a link, or a folder', async (t) => {
  await take(
    await tarOf(
      { name: 'Dockerfile', type: 'symlink', linkname: 'docker/Dockerfile' },
      { name: 'docker', type: 'directory' },
      { name: 'docker/Dockerfile', content: 'FROM x' }
    )
  )
  await t.rejects(inspectDockerfile(FILE, 'Dockerfile', {}), { message: /is a link; give the path of the file/ })
  await t.rejects(inspectDockerfile(FILE, 'docker', {}), { message: /"docker" in the context is a directory/ })
})

t.test('the Dockerfile of a context', async (t) => {
  await take(await tarOf({ name: 'a', content: 'FROM x' }, { name: './deep/my.Dockerfile', content: 'ARG B\nFROM $B' }))
  t.same(await inspectDockerfile(FILE, 'deep/my.Dockerfile', { B: 'y' }), {
    problems: [],
    baseImages: ['y'],
    allImages: ['y'],
    readers: [],
    remoteSources: []
  })
  t.same(await inspectDockerfile(FILE, './deep//my.Dockerfile', {}), {
    problems: [],
    baseImages: ['$B'],
    allImages: ['$B'],
    readers: [],
    remoteSources: []
  })
  for (const missing of ['Dockerfile', 'deep', 'DEEP/my.Dockerfile', 'a/b'])
    await t.rejects(inspectDockerfile(FILE, missing, {}), { code: 'INVALID_CONTEXT', message: /There is no file/ })
  for (const outside of ['../Dockerfile', '/etc/passwd'])
    await t.rejects(inspectDockerfile(FILE, outside, {}), { code: 'INVALID_CONTEXT' })
})

function createNoise(bytes: number): Buffer {
  const noise = Buffer.alloc(bytes)
  for (let at = 0, seed = 1; at < bytes; at += 4) noise.writeUInt32LE((seed = (seed * 48271) % 2147483647), at)
  return noise
}

function damaged(zip: Buffer): Buffer {
  const copy = Buffer.from(zip)
  copy[42] = 0xff
  return copy
}

/** With another size wherever a size stands. */
function lying(zip: Buffer, size: number, claimed: number): Buffer {
  const copy = Buffer.from(zip)
  const wanted = Buffer.alloc(4)
  wanted.writeUInt32LE(size)
  for (let at = copy.indexOf(wanted); at !== -1; at = copy.indexOf(wanted, at + 1)) copy.writeUInt32LE(claimed, at)
  return copy
}
