import { appendFileSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createLogFile, type LogFile } from '../../../src/builds/log-file.ts'
import { logOnDisk } from '../../../src/store/log-on-disk.ts'
import { collect } from '../../helpers/collect.ts'
import { until } from '../../helpers/until.ts'
import { makeFolder } from '../../helpers/folder.ts'

const MANY = 1_000_000

function fileOf(t: Test): string {
  const folder = makeFolder('log')
  t.teardown(() => rmSync(folder, { recursive: true }))
  return join(folder, 'log.txt')
}

const textsOf = async (log: LogFile, offset = 0, follow = true) =>
  (await collect(log.read(offset, follow))).map(({ text }) => text)

/** Ends the log. */
async function isIncomplete(log: LogFile): Promise<boolean | undefined> {
  let told: boolean | undefined
  await log.end((answer) => (told = answer))
  return told
}

/** Whether this process has the file open. */
function isOpen(path: string): boolean {
  return readdirSync('/proc/self/fd').some((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === path
    } catch {
      // The descriptor of the folder that was just read.
      return false
    }
  })
}

/** A reader that runs in the background. */
function following(log: LogFile, offset = 0, signal?: AbortSignal) {
  const seen: string[] = []
  const done = (async () => {
    for await (const { text } of log.read(offset, true, signal)) seen.push(text)
  })()
  return { seen, done }
}

t.test('readers that join early, midway or late get the same lines', async (t) => {
  const log = createLogFile(logOnDisk(fileOf(t)), MANY)
  const early = following(log)
  await log.line('one')
  await until(() => early.seen.length === 1)
  const middle = following(log)
  await log.line('two')
  await log.line('')
  await log.line('four')
  t.equal(await isIncomplete(log), false)
  await Promise.all([early.done, middle.done])
  t.same(early.seen, ['one', 'two', '', 'four'])
  t.same(middle.seen, early.seen)
  t.same(await textsOf(log), early.seen)
})

t.test('a reader without follow gets the existing lines', async (t) => {
  const log = createLogFile(logOnDisk(fileOf(t)), MANY)
  t.same(await textsOf(log, 0, false), [])
  await log.line('one')
  const reader = following(log)
  await until(() => reader.seen.length === 1)
  t.same(await textsOf(log, 0, false), ['one'])
  await log.end()
  await reader.done
})

t.test('each line says where the next begins', async (t) => {
  const log = createLogFile(logOnDisk(fileOf(t)), MANY)
  const lines = ['one', 'zwölf 漢字 🐳', '', 'x'.repeat(1000), 'last']
  for (const line of lines) await log.line(line)
  await log.end()
  const read = await collect(log.read(0, false))
  for (const [index, { offset }] of read.entries()) t.same(await textsOf(log, offset), lines.slice(index + 1))
  t.same(await textsOf(log, 1_000_000), [], 'there is nothing past the end')
})

t.test('multi-byte characters across the boundaries of reads', async (t) => {
  const log = createLogFile(logOnDisk(fileOf(t)), MANY)
  const lines = Array.from({ length: 200 }, (_none, index) => `${'x'.repeat(index % 5)}${'🐳漢ä'.repeat(150)}`)
  for (const line of lines) await log.line(line)
  await log.end()
  t.same(await textsOf(log), lines)
})

t.test('beyond its limit the log gains only a line that says so', async (t) => {
  const path = fileOf(t)
  const log = createLogFile(logOnDisk(path), 1000)
  for (let line = 0; line < 100; line++) await log.line('x'.repeat(99))
  await log.line('short')
  t.equal(await isIncomplete(log), true)
  const lines = await textsOf(log)
  t.equal(lines.length, 11)
  t.equal(lines.at(-1), '[9006 bytes left out: a log holds at most 1000 bytes]')
})

t.test('the last lines are kept, however long the output before', async (t) => {
  const log = createLogFile(logOnDisk(fileOf(t)), 1000)
  for (let line = 0; line < 100; line++) await log.line('x'.repeat(99))
  await log.lastWord('FAILED: it said too much')
  await log.end()
  t.same((await textsOf(log)).slice(-2), [
    '[9000 bytes left out: a log holds at most 1000 bytes]',
    'FAILED: it said too much'
  ])
})

t.test('a very long line is shortened', async (t) => {
  const log = createLogFile(logOnDisk(fileOf(t)), MANY)
  await log.line('🐳'.repeat(50_000))
  await log.end()
  const [line = ''] = await textsOf(log)
  t.ok(line.length < 17_000 && line.endsWith('…') && line.isWellFormed(), `${line.length} ${line.slice(-3)}`)
})

t.test('a log continues after an earlier process, on a new line', async (t) => {
  const path = fileOf(t)
  writeFileSync(path, 'one\ntwo, cut o')
  const log = createLogFile(logOnDisk(path), MANY)
  t.same(await textsOf(log, 0, false), ['one'], 'a line without a newline may be incomplete')
  await log.line('three')
  await log.end()
  t.same(await textsOf(log), ['one', 'two, cut o', 'three'])
})

t.test('the limit includes existing lines', async (t) => {
  const path = fileOf(t)
  writeFileSync(path, `${'x'.repeat(899)}\n`)
  const log = createLogFile(logOnDisk(path), 1000)
  for (let line = 0; line < 5; line++) await log.line('y'.repeat(49))
  t.equal(await isIncomplete(log), true)
  t.equal(
    readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('y')).length,
    2
  )
})

t.test('the log of a finished build is returned at once', async (t) => {
  const path = fileOf(t)
  writeFileSync(path, 'one\ntwo\n')
  t.same(await textsOf(createLogFile(logOnDisk(path), MANY, true)), ['one', 'two'])
  t.same(await textsOf(createLogFile(logOnDisk(`${path}.missing`), MANY, true)), [])
})

t.test('a reader that disconnects is released', async (t) => {
  const log = createLogFile(logOnDisk(fileOf(t)), MANY)
  const aborter = new AbortController()
  const waiting = following(log, 0, aborter.signal)
  await log.line('one')
  await until(() => waiting.seen.length === 1)
  aborter.abort()
  await waiting.done
  const tooLate = following(log, 0, AbortSignal.abort())
  await tooLate.done
  t.same(tooLate.seen, [])
  await log.end()
})

t.test('lines after the end and during it are dropped, and no file stays open', async (t) => {
  const path = fileOf(t)
  const log = createLogFile(logOnDisk(path), MANY)
  await log.line('one')
  const ended = log.end()
  await log.line('two')
  await ended
  await log.line('three')
  t.equal(await isIncomplete(log), false)
  t.equal(readFileSync(path, 'utf8'), 'one\n')
  t.notOk(isOpen(path))
})

t.test('a log whose file cannot be prepared leaves none open', async (t) => {
  const path = fileOf(t)
  writeFileSync(path, 'half a line')
  const handle = await open(path)
  await handle.close()
  t.intercept(Object.getPrototypeOf(handle), 'appendFile', {
    value: () => Promise.reject(new Error('ENOSPC: no space left on device'))
  })
  const log = createLogFile(logOnDisk(path), MANY)
  await log.line('one')
  t.equal(await isIncomplete(log), true)
  t.notOk(isOpen(path))
})

t.test('a full disk: the missing lines are reported', async (t) => {
  const log = createLogFile(logOnDisk(join(fileOf(t), 'no/such/folder')), MANY)
  await log.line('one')
  t.equal(await isIncomplete(log), true)
})

t.test('hundreds of thousands of lines, read while they are written', async (t) => {
  const path = fileOf(t)
  const log = createLogFile(logOnDisk(path), 100_000_000)
  const reader = following(log)
  const before = process.memoryUsage().rss
  for (let line = 0; line < 200_000; line++) await log.line(`line ${line}`)
  await log.end()
  await reader.done
  t.equal(reader.seen.length, 200_000)
  t.equal(reader.seen.at(-1), 'line 199999')
  t.comment(`${Math.round((process.memoryUsage().rss - before) / 1e6)} MB more`)
})

t.test('lines of another writer to the file are not lost', async (t) => {
  const path = fileOf(t)
  appendFileSync(path, 'ä'.repeat(40_000))
  appendFileSync(path, '\nend\n')
  t.same(
    (await textsOf(createLogFile(logOnDisk(path), MANY, true))).map((line) => line.length),
    [40_000, 3]
  )
})
