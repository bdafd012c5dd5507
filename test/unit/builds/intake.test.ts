import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { inspectDockerfile } from '../../../src/builds/context/intake.ts'
import { sealHeader, tarOf, zipOf } from '../../helpers/archives.ts'
import { DOCKERFILE, intake, MIB, TREE } from '../../helpers/contexts.ts'

const { file, files, take, takeIn, kept } = intake(t)

const textsOf = async (bytes: Buffer) => Object.fromEntries((await takeIn(bytes)).kept.texts)

t.test('control files are kept during the upload, by their normalized path', async (t) => {
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
  t.match(await inspectDockerfile(`${file}.none`, './Dockerfile', {}, (await takeIn(await tarOf(...files))).kept), {
    problems: []
  })
})

t.test('files too large or too many to keep are marked and stay in the context', async (t) => {
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

t.test('the same Dockerfile gives the same bytes, so builders hit their cache', async (t) => {
  const hashes = new Set<string>()
  for (const piece of [1, 1000]) {
    await take(Buffer.from('FROM scratch\n'), { piece })
    hashes.add(
      createHash('sha256')
        .update(await buffer(createReadStream(file)))
        .digest('hex')
    )
  }
  t.equal(hashes.size, 1)
})

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

t.test('a tar file in pieces of any size, compressed or not', async (t) => {
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

t.test('a tar file from before 1988, without a magic number', async (t) => {
  const tar = await tarOf(DOCKERFILE)
  tar.fill(0, 257, 265)
  sealHeader(tar)
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
  t.same(files(), ['context.tar'], 'the zip file itself is not kept')
})

t.test('a large file with a normal compression ratio is not a bomb', async (t) => {
  const noise = Buffer.alloc(50 * MIB, createHash('sha512').update('x').digest())
  t.match(await take(await tarOf(DOCKERFILE, { name: 'big', content: noise }), { piece: 16_384 }), {
    bytes: 50 * MIB + 13
  })
})
