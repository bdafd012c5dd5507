import t from 'tap'
import { stagedArchive, stagedFile } from '../../../src/files/upload.ts'
import { readTar } from '../../../src/lib/tar/read.ts'
import { TAR_END, tarFile, tarHeader } from '../../../src/lib/tar/write.ts'

const OWNED = { mode: 0o640, uid: 1, gid: 2, mtimeNs: 3n }
const STAGE = '/srv/.stage'
const LIMITS = { bytes: 1_000, entries: 5 }

async function* of(...pieces: (Buffer | string)[]) {
  for (const piece of pieces) yield Buffer.from(piece)
}

async function entriesOf(tar: AsyncIterable<Buffer>) {
  const entries = []
  for await (const { content, name, kind, target, mode } of readTar(tar))
    entries.push([name, kind, target, mode, Buffer.concat(await Array.fromAsync(content)).toString()])
  return entries
}

const unpack = (...pieces: Buffer[]) =>
  stagedArchive(of(...pieces, TAR_END), {
    folder: '/srv',
    stage: STAGE,
    root: '/',
    limits: LIMITS,
    unpacked: { entries: 0, bytes: 0 }
  })
const file = async (name: string, text: string) =>
  Buffer.concat(await Array.fromAsync(tarFile({ name, kind: 'file', size: text.length }, of(text))))

t.test('a file gets its own name once it is complete', async (t) => {
  const sent = stagedFile({ path: '/srv/a', stage: STAGE, root: '/', size: 5, ...OWNED }, of('he', 'llo'))
  t.strictSame(await entriesOf(sent), [
    ['srv/.stage', 'file', '', 0o640, 'hello'],
    ['srv/a', 'link', 'srv/.stage', 0o640, '']
  ])
})

t.test('names are relative to the given root', async (t) => {
  const sent = stagedFile({ path: '/srv/a', stage: STAGE, root: '/srv', size: 5, ...OWNED }, of('hello'))
  t.strictSame(await entriesOf(sent), [
    ['.stage', 'file', '', 0o640, 'hello'],
    ['a', 'link', '.stage', 0o640, '']
  ])
})

t.test('content of another length than announced never gets its name', async (t) => {
  for (const text of ['hell', 'hello!'])
    await t.rejects(
      Array.fromAsync(stagedFile({ path: '/srv/a', stage: STAGE, root: '/', size: 5, ...OWNED }, of(text))),
      {
        code: 'INVALID_REQUEST'
      }
    )
})

t.test('the same holds for each file of an archive, and other entries pass unchanged', async (t) => {
  const sent = unpack(
    tarHeader({ name: './', kind: 'folder' }),
    tarHeader({ name: './d', kind: 'folder', mode: 0o700 }),
    await file('./d/f', 'x'),
    tarHeader({ name: 'd/g', kind: 'link', target: './d/f' }),
    tarHeader({ name: 'l', kind: 'symlink', target: '../../etc' })
  )
  t.strictSame(await entriesOf(sent), [
    ['srv/d', 'folder', '', 0o700, ''],
    ['srv/.stage', 'file', '', 0o644, 'x'],
    ['srv/d/f', 'link', 'srv/.stage', 0o644, ''],
    ['srv/d/g', 'link', 'srv/d/f', 0o644, ''],
    ['srv/l', 'symlink', '../../etc', 0o644, '']
  ])
})

t.test('paths outside of the folder and special files are refused', async (t) => {
  const link = tarHeader({ name: 'l', kind: 'symlink', target: '/etc' })
  for (const [why, pieces] of Object.entries({
    'a path up': [await file('../x', 'x')],
    'a path up behind a name': [await file('a/../../x', 'x')],
    'an absolute path': [await file('/x', 'x')],
    'a hard link up': [tarHeader({ name: 'x', kind: 'link', target: '../etc/passwd' })],
    'through a link': [link, await file('l/x', 'x')],
    'through a link, written otherwise': [link, await file('./l//x', 'x')],
    'no tar file': [Buffer.alloc(600, 'x')]
  }))
    await t.rejects(Array.fromAsync(unpack(...pieces)), { code: 'INVALID_ARCHIVE' }, why)
  await t.resolves(Array.fromAsync(unpack(link, await file('l', 'now a file'), await file('m', 'x'))))
})

t.test('an upload above its limits is refused', async (t) => {
  await t.rejects(Array.fromAsync(unpack(await file('a', 'x'.repeat(600)), await file('b', 'x'.repeat(600)))), {
    code: 'FILE_TOO_LARGE'
  })
  const folders = ['1', '2', '3', '4', '5', '6'].map((name) => tarHeader({ name, kind: 'folder' }))
  await t.rejects(Array.fromAsync(unpack(...folders)), { code: 'FILE_TOO_LARGE' })
})
