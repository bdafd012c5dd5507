import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { contentTypeOf, dispositionOf } from '../../../src/files/content-type.ts'
import { writeZip, type ZipEntry } from '../../../src/files/zip.ts'
import { python } from '../../helpers/python.ts'

const READ = `
import json, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as z:
  assert z.testzip() is None
  print(json.dumps([[i.filename, i.external_attr >> 16, list(i.date_time), z.read(i).decode('latin1')] for i in z.infolist()]))
`

async function* of(...entries: [name: string, kind: ZipEntry['kind'], text: string, mode?: number][]) {
  for (const [name, kind, text, mode = 0o644] of entries)
    yield {
      name: Buffer.from(name).toString('latin1'),
      kind,
      mode,
      size: text.length,
      mtimeNs: BigInt(Date.UTC(2026, 1, 3, 4, 5, 6)) * 1_000_000n,
      content: (async function* () {
        yield Buffer.from(text)
      })()
    }
}

t.test('Python reads the written archive', async (t) => {
  const path = join(t.testdir({}), 'made.zip')
  const text = 'hello '.repeat(50_000)
  const made = writeZip(
    of(['d/', 'folder', '', 0o750], ['d/é', 'file', text, 0o4711], ['l', 'symlink', '../etc', 0o777])
  )
  writeFileSync(path, Buffer.concat(await Array.fromAsync(made)))
  const date = [2026, 2, 3, 4, 5, 6]
  t.strictSame(JSON.parse(execFileSync(python(), ['-c', READ, path], { encoding: 'utf8' })), [
    ['d/', 0o040750, date, ''],
    ['d/é', 0o104711, date, text],
    ['l', 0o120777, date, '../etc']
  ])
})

t.test('a failure of the packed content fails the zip file', async (t) => {
  async function* failing() {
    yield { name: 'a', kind: 'file' as const, mode: 0, size: 5, mtimeNs: 0n, content: broken() }
  }
  async function* broken() {
    yield Buffer.from('he')
    throw new Error('broken off')
  }
  await t.rejects(Array.fromAsync(writeZip(failing())), { message: 'broken off' })
})

t.test('no content type lets a browser run a file', async (t) => {
  for (const name of ['a.html', 'a.HTM', 'a.svg', 'a.js', 'a.xml']) t.match(contentTypeOf(name), /^text\/plain/, name)
  for (const name of ['a', 'a.bin', 'html', 'a.swf', 'a.'])
    t.equal(contentTypeOf(name), 'application/octet-stream', name)
  t.equal(contentTypeOf('a.b.PNG'), 'image/png')
  t.equal(dispositionOf('é"\n.txt'), `attachment; filename="___.txt"; filename*=UTF-8''%C3%A9%22%0A.txt`)
})
