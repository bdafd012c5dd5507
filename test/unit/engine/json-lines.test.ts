import t from 'tap'
import { readJsonLines } from '../../../src/engine/docker/json-lines.ts'
import { collect, inPieces } from '../../helpers/collect.ts'

const read = (chunks: AsyncIterable<Uint8Array>) => collect(readJsonLines(chunks, (json) => json))
const linesOf = (text: string, size: number) => read(inPieces(Buffer.from(text), size))

t.test('lines and characters may be split at every byte', async (t) => {
  const text = '"first"\n{"zweite":"äöü"}\r\n\n \n"漢字 🐳"\n7\n'
  for (let size = 1; size <= Buffer.byteLength(text); size++) {
    t.strictSame(await linesOf(text, size), ['first', { zweite: 'äöü' }, '漢字 🐳', 7], `pieces of ${size}`)
  }
})

t.test('the last line needs no newline', async (t) => {
  t.strictSame(await linesOf('1\n22', 3), [1, 22])
})

t.test('empty input gives no line', async (t) => {
  t.strictSame(await linesOf('', 1), [])
})

t.test('a line that is cut off or not JSON fails the reader', async (t) => {
  for (const text of ['{"status":"Pul', '<html>\n', '{"a":1} {"b":2}\n'])
    await t.rejects(linesOf(text, 2), { message: 'it is not JSON' }, text)
})

t.test('a failing source or a value that does not match fails the reader', async (t) => {
  async function* broken() {
    yield Buffer.from('1\n2')
    throw new Error('gone')
  }
  const seen: unknown[] = []
  const takeNumbers = (json: unknown) => {
    if (typeof json !== 'number') throw new Error('no number')
    return json
  }
  const readInto = async (chunks: AsyncIterable<Uint8Array>) => {
    for await (const value of readJsonLines(chunks, takeNumbers)) seen.push(value)
  }
  await t.rejects(readInto(broken()), { message: 'gone' })
  await t.rejects(readInto(inPieces(Buffer.from('3\nnull\n4\n'), 2)), { message: 'no number' })
  t.strictSame(seen, [1, 3])
})

t.test('an endless line is not held in memory', async (t) => {
  let sent = 0
  async function* endless() {
    for (const part = Buffer.alloc(1024 ** 2, 'x'); ; sent++) yield part
  }
  await t.rejects(read(endless()), { message: /a line is longer than/ })
  t.ok(sent < 40, `${sent} MiB`)
})
