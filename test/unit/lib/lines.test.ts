import t from 'tap'
import { readLines } from '../../../src/lib/lines.ts'
import { collect, inPieces } from '../../helpers/collect.ts'

function linesOf(text: string, size: number): Promise<string[]> {
  return collect(readLines(inPieces(Buffer.from(text), size)))
}

t.test('lines and characters may be split at every byte', async (t) => {
  const text = 'first\nzweite Zeile: äöü\n\n漢字 🐳\nlast\n'
  for (let size = 1; size <= Buffer.byteLength(text); size++) {
    t.strictSame(await linesOf(text, size), ['first', 'zweite Zeile: äöü', '', '漢字 🐳', 'last'], `pieces of ${size}`)
  }
})

t.test('the last line needs no newline', async (t) => {
  t.strictSame(await linesOf('one\ntwo', 3), ['one', 'two'])
})

t.test('nothing gives no line', async (t) => {
  t.strictSame(await linesOf('', 1), [])
})

t.test('a character cut off at the end is shown as damaged, not lost in silence', async (t) => {
  const cut = Buffer.from('ok 🐳').subarray(0, -1)
  t.strictSame(await collect(readLines(inPieces(cut, 2))), ['ok �'])
})

t.test('a failing source fails the reader', async (t) => {
  async function* broken() {
    yield Buffer.from('one\nhalf')
    throw new Error('gone')
  }
  const seen: string[] = []
  await t.rejects(
    async () => {
      for await (const line of readLines(broken())) seen.push(line)
    },
    { message: 'gone' }
  )
  t.strictSame(seen, ['one'])
})
