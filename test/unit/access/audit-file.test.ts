import { closeSync, fstatSync, openSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openAuditFile } from '../../../src/access/audit-file.ts'

const linesOf = (path: string) => readFileSync(path, 'utf8').split('\n').filter(Boolean)

t.test('files are bounded in size and number, and for their owner only', async (t) => {
  const dataDir = t.testdir({})
  const file = openAuditFile(dataDir, 100)
  for (let count = 0; count < 40; count++) file.append(`${'x'.repeat(49)}\n`)
  file.close()
  t.strictSame(readdirSync(dataDir).toSorted(), [
    'audit.1.jsonl',
    'audit.2.jsonl',
    'audit.3.jsonl',
    'audit.4.jsonl',
    'audit.jsonl'
  ])
  for (const name of readdirSync(dataDir)) {
    t.ok(readFileSync(`${dataDir}/${name}`).length <= 150, name)
    t.equal(statSync(`${dataDir}/${name}`).mode & 0o777, 0o600)
  }
})

for (const [what, take] of [
  ['moved', (path: string) => renameSync(path, `${path}.moved`)],
  ['removed', (path: string) => rmSync(path)]
] as const)
  t.test(`a file that is ${what} is recreated with the next line`, async (t) => {
    const dataDir = t.testdir({})
    const path = join(dataDir, 'audit.jsonl')
    const file = openAuditFile(dataDir)
    t.teardown(() => file.close())
    file.append('one\n')
    take(path)
    file.append('two\n')
    t.strictSame(linesOf(path), ['two'])
  })

t.test('descriptors of other files are neither closed nor written to when the files disappear', async (t) => {
  const dataDir = t.testdir({ mine: '' })
  const path = join(dataDir, 'audit.jsonl')
  const file = openAuditFile(dataDir, 100)
  t.teardown(() => file.close())
  const mine: number[] = []
  t.teardown(() => mine.forEach((fd) => closeSync(fd)))
  for (let count = 0; count < 20; count++) {
    file.append(`${'x'.repeat(99)}\n`)
    rmSync(path)
    file.append(`${'y'.repeat(99)}\n`)
    mine.push(openSync(join(dataDir, 'mine'), 'a'))
  }
  for (const fd of mine) t.doesNotThrow(() => fstatSync(fd))
  t.equal(readFileSync(join(dataDir, 'mine'), 'utf8'), '')
})

t.test('a missing folder is an error, and lines continue when it returns', async (t) => {
  const dataDir = join(t.testdir({ data: {} }), 'data')
  const file = openAuditFile(dataDir)
  t.teardown(() => file.close())
  file.append('one\n')
  renameSync(dataDir, `${dataDir}.away`)
  for (let count = 0; count < 3; count++) t.throws(() => file.append('lost\n'), { code: 'ENOENT' })
  renameSync(`${dataDir}.away`, dataDir)
  file.append('two\n')
  t.strictSame(linesOf(join(dataDir, 'audit.jsonl')), ['one', 'two'])
})
