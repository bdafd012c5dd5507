// The contexts and logs of builds.

import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { BuildLog } from '../../../src/store/contract/build-files.ts'
import { makeFolder } from '../../helpers/folder.ts'
import type { Open } from './contract.ts'

// More than a store keeps in one chunk.
const CONTEXT = Buffer.alloc(2.5 * 1024 ** 2, 'context ')

export async function buildFilesContract(t: Test, open: Open): Promise<void> {
  const openFiles = async (t: Test, dataDir = makeFolder('data')) => {
    const files = (await open(t)).openBuildFiles(dataDir)
    t.teardown(() => files.close())
    const upload = async (id: string, content = CONTEXT) => {
      await files.make(id)
      await writeFile(files.contextPath(id), content)
    }
    const read = (id: string) => files.withContext(id, () => readFile(files.contextPath(id)))
    return { files, upload, read }
  }

  await t.test('a kept context is available to each task', async (t) => {
    const { files, upload, read } = await openFiles(t)
    await upload('one')
    await files.keepContext('one')
    t.ok(CONTEXT.equals(await read('one')))
    t.ok(CONTEXT.equals(await read('one')), 'again')
    await upload('two', Buffer.from('another'))
    await files.keepContext('two')
    t.equal(String(await read('two')), 'another')
    t.ok(CONTEXT.equals(await read('one')), 'and the first one is unchanged')
  })

  await t.test('a failed task leaves the context', async (t) => {
    const { files, upload, read } = await openFiles(t)
    await upload('one')
    await files.keepContext('one')
    const failing = files.withContext('one', async () => {
      throw new Error('the build failed')
    })
    await t.rejects(failing, { message: 'the build failed' })
    t.ok(CONTEXT.equals(await read('one')))
  })

  await t.test('a missing context is a missing file', async (t) => {
    const { files } = await openFiles(t)
    t.equal(await files.withContext('nobody', async () => existsSync(files.contextPath('nobody'))), false)
  })

  await t.test('a removed context leaves the log', async (t) => {
    const { files, upload } = await openFiles(t)
    await upload('one')
    await files.keepContext('one')
    await files.make('one')
    await files.log('one').append('line\n', 0)
    await files.removeContext('one')
    await files.removeContext('one')
    t.equal(await files.withContext('one', async () => existsSync(files.contextPath('one'))), false)
    await files.make('one')
    t.equal(await textOf(files.log('one')), 'line\n')
  })

  await t.test('a log is read from any offset, even in another process', async (t) => {
    const { files } = await openFiles(t)
    await files.make('one')
    const log = files.log('one')
    t.equal(await log.bytes(), 0)
    t.equal(await textOf(log), '')
    await log.append('första\n', 0)
    await log.append('second\nthird\n', 8)
    await log.close()
    for (const each of [log, files.log('one')]) {
      t.equal(await each.bytes(), 21)
      t.equal(await textOf(each), 'första\nsecond\nthird\n')
      t.equal(await textOf(each, 8), 'second\nthird\n')
      t.equal(await textOf(each, 11), 'ond\nthird\n', 'in the middle of a line')
      t.equal(await textOf(each, 21), '')
    }
  })

  await t.test('bytes counts the contexts and logs of some or all builds, and remove removes both', async (t) => {
    const { files, upload } = await openFiles(t)
    t.equal(await files.bytes(), 0)
    await upload('one')
    await files.keepContext('one')
    await files.make('one')
    await files.log('one').append('line\n', 0)
    t.equal(await files.bytes(), CONTEXT.length + 5)
    await files.make('two')
    await files.log('two').append('another line\n', 0)
    t.equal(await files.bytes(['one']), CONTEXT.length + 5)
    t.equal(await files.bytes(['two', 'nobody']), 13)
    await files.remove('two')
    await files.remove('one')
    await files.remove('one')
    t.equal(await files.bytes(), 0)
    t.equal(await textOf(files.log('one')), '')
  })

  await t.test('removeAllBut removes the folder of an upload that never became a build', async (t) => {
    const dataDir = makeFolder('data')
    const { files, upload } = await openFiles(t, dataDir)
    await upload('broken')
    t.ok(existsSync(join(dataDir, 'builds', 'broken')))
    await files.removeAllBut(new Set())
    t.notOk(existsSync(join(dataDir, 'builds', 'broken')))
  })
}

async function textOf(log: BuildLog, offset = 0): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of log.read(offset)) pieces.push(Buffer.from(piece))
  return Buffer.concat(pieces).toString()
}
