// The rules for the file system of a container, for every engine.

import { Readable } from 'node:stream'
import type { Test } from 'tap'
import { isAppError } from '../../../src/errors.ts'
import { readTar } from '../../../src/lib/tar/read.ts'
import { TAR_END, tarHeader } from '../../../src/lib/tar/write.ts'
import { make, nameFor, type Subject } from './subject.ts'

const NOBODY = 'f'.repeat(64)
const OWNER = { uid: 1000, gid: 100, mtimeNs: 1_234_567_890n * 1_000_000_000n }

function archive(...pieces: Buffer[]): Readable {
  return Readable.from([...pieces, TAR_END])
}

function file(name: string, text: string, mode = 0o640): Buffer {
  const size = Buffer.byteLength(text)
  const content = Buffer.alloc(Math.ceil(size / 512) * 512)
  content.write(text)
  return Buffer.concat([tarHeader({ name, kind: 'file', size, mode, ...OWNER }), content])
}

export async function archiveContract(t: Test, subject: Subject): Promise<void> {
  const { engine, lacks = {} } = subject
  const life = () => AbortSignal.timeout(30_000)
  /** It runs on engines whose files come with a task. */
  const start = lacks['hold files while it does not run'] !== undefined
  const write = (id: string, ...pieces: Buffer[]) => engine.writeArchive(id, archive(...pieces), life())

  async function read(id: string, path: string) {
    const found: { name: string; kind: string; target: string; text: string; mode: number; uid: number }[] = []
    for await (const { name, kind, target, content, mode, uid } of readTar(
      await engine.readArchive(id, path, life())
    )) {
      const pieces = await Array.fromAsync(content)
      found.push({ name, kind, target, mode, uid, text: Buffer.concat(pieces).toString() })
    }
    return found
  }

  for (const runs of start ? [true] : [false, true])
    await t.test(
      `files of a container that ${runs ? 'runs' : 'never ran'}`,
      { skip: lacks['tell the owners of files'] ?? false },
      async (t) => {
        const { id } = await make(t, subject, { start: runs })
        await write(
          id,
          tarHeader({ name: 'tmp/d', kind: 'folder', mode: 0o1750, ...OWNER }),
          file('tmp/d/b', 'hello', 0o4711),
          tarHeader({ name: 'tmp/d/c', kind: 'link', target: 'tmp/d/b', mode: 0o4711, ...OWNER }),
          tarHeader({ name: 'tmp/d/a', kind: 'symlink', target: 'nowhere', ...OWNER })
        )
        t.match(await engine.statPath(id, '/tmp/d/b'), { kind: 'file', sizeBytes: 5, mode: 0o4711, target: null })
        t.match(await engine.statPath(id, '/tmp/d'), { kind: 'folder', mode: 0o1750, target: null })
        t.match(await engine.statPath(id, '/tmp/d/a'), { kind: 'link', target: '/tmp/d/nowhere' })
        t.equal(Date.parse((await engine.statPath(id, '/tmp/d/b'))?.modifiedAt ?? ''), 1_234_567_890_000)
        t.match(await read(id, '/tmp/d'), [
          { name: 'd/', kind: 'folder', mode: 0o1750, uid: 1000 },
          { name: 'd/a', kind: 'symlink', target: 'nowhere' },
          { name: 'd/b', kind: 'file', text: 'hello', mode: 0o4711, uid: 1000 },
          { name: 'd/c', kind: 'link', target: 'd/b' }
        ])
        t.match(
          await read(id, '/tmp/d/c'),
          [{ name: 'c', kind: 'file', text: 'hello' }],
          'by itself it has its content'
        )
      }
    )

  await t.test('links are followed inside of the container, except for the last part', async (t) => {
    const { id } = await make(t, subject, { start })
    await write(
      id,
      tarHeader({ name: 'tmp/in', kind: 'symlink', target: '../etc' }),
      tarHeader({ name: 'tmp/out', kind: 'symlink', target: '../../../../etc' }),
      tarHeader({ name: 'tmp/again', kind: 'symlink', target: 'out' })
    )
    t.match(await engine.statPath(id, '/tmp/again'), { kind: 'link', target: '/etc' })
    await write(id, file('tmp/in/through', 'x'))
    t.match(await engine.statPath(id, '/etc/through'), { kind: 'file' })
    t.match(await read(id, '/tmp/again/through'), [{ name: 'through', text: 'x' }])
    if (!lacks['read a link as a link'])
      t.match(await read(id, '/tmp/out'), [{ name: 'out', kind: 'symlink', target: '../../../../etc' }])

    // Some engines refuse to write through a link that leads out.
    const isRefused = await write(id, file('tmp/again/out', 'x')).then(
      () => false,
      (error: unknown) => isAppError(error, 'FILE_OUTSIDE')
    )
    t.equal((await engine.statPath(id, '/etc/out'))?.kind, isRefused ? undefined : 'file')
  })

  await t.test('names of any bytes', { skip: lacks['take names of any bytes'] ?? false }, async (t) => {
    const { id } = await make(t, subject, { start })
    const name = '\u00ff\u0001 %2f?&+"\\\n\u0080'
    await write(id, file(`tmp/${name}`, 'odd'))
    t.match(await engine.statPath(id, `/tmp/${name}`), { kind: 'file', sizeBytes: 3 })
    t.match(await read(id, `/tmp/${name}`), [{ name, text: 'odd' }])
    await write(id, tarHeader({ name: `tmp/${name}2`, kind: 'link', target: `tmp/${name}`, ...OWNER }))
    t.match(await read(id, `/tmp/${name}2`), [{ name: `${name}2`, text: 'odd' }], 'a second name')
    t.equal(await engine.removePath(id, `/tmp/${name}2`), true)
    t.equal(await engine.removePath(id, `/tmp/${name}`), true)
    t.equal(await engine.statPath(id, `/tmp/${name}`), undefined)
  })

  await t.test('a removal removes everything below the path, and nothing else', async (t) => {
    const { id } = await make(t, subject, { start })
    await write(
      id,
      tarHeader({ name: 'tmp/d/e', kind: 'folder', mode: 0o755 }),
      file('tmp/d/e/f', 'x'),
      file('tmp/other', 'x'),
      tarHeader({ name: 'tmp/link', kind: 'symlink', target: 'other' })
    )
    t.equal(await engine.removePath(id, '/tmp/d'), true)
    t.equal(await engine.statPath(id, '/tmp/d'), undefined)
    t.equal(await engine.removePath(id, '/tmp/d'), false)
    t.equal(await engine.removePath(id, '/tmp/link'), true)
    t.match(
      (await read(id, '/tmp')).map(({ name }) => name.replace(/\/$/, '')),
      ['tmp', 'tmp/other']
    )
  })

  await t.test('a folder and a file do not replace each other', async (t) => {
    const { id } = await make(t, subject, { start })
    await write(id, tarHeader({ name: 'tmp/d', kind: 'folder', mode: 0o755 }), file('tmp/f', 'x'))
    const refused = { code: 'FILE_KIND_DIFFERS' }
    await t.rejects(write(id, file('tmp/d', 'x')), refused)
    await t.rejects(write(id, tarHeader({ name: 'tmp/f', kind: 'folder', mode: 0o755 })), refused)
    t.match(await engine.statPath(id, '/tmp/d'), { kind: 'folder' })
  })

  await t.test(
    'a read-only mount is not changed',
    { skip: lacks['keep read-only what is mounted so'] ?? false },
    async (t) => {
      const name = nameFor('files')
      const { id } = await make(t, subject, {
        start,
        volumes: [{ source: name, target: '/data', readOnly: true }]
      })
      t.match((await engine.inspectContainer(id))?.mounts, [{ target: '/data', kind: 'volume', readOnly: true }])
      await t.rejects(write(id, file('data/f', 'x')), { code: 'FILE_READ_ONLY' })
      t.equal(await engine.statPath(id, '/data/f'), undefined)
      await engine.removeContainer(id, { force: true, volumes: true })
      // A container disappears a moment after its task.
      if (!start) await engine.removeVolume(name)
    }
  )

  await t.test('missing objects', async (t) => {
    const { id } = await make(t, subject, { start })
    await write(id, file('tmp/f', 'x'))
    const missing = { code: 'FILE_NOT_FOUND' }
    t.equal(await engine.statPath(id, '/none'), undefined)
    t.equal(await engine.statPath(NOBODY, '/'), undefined)
    await t.rejects(read(id, '/none'), missing)
    const belowFile = engine.statPath(id, '/tmp/f/x').catch((error: unknown) => {
      if (!isAppError(error, 'FILE_NOT_FOUND')) throw error
    })
    t.equal(await belowFile, undefined, 'refused or missing')
    await t.rejects(write(NOBODY, file('f', 'x')), { code: 'CONTAINER_NOT_FOUND' })
  })
}
