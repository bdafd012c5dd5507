import t from 'tap'
import { readLogLines, readOutput } from '../../../src/engine/docker/log-frames.ts'
import { collect, inPieces } from '../../helpers/collect.ts'

const TIME = '2026-01-31T12:00:00.000000001Z'

function frame(stream: 'stdout' | 'stderr', content: string | Uint8Array): Buffer {
  const bytes = Buffer.from(content as string)
  const head = Buffer.alloc(8)
  head[0] = stream === 'stdout' ? 1 : 2
  head.writeUInt32BE(bytes.length, 4)
  return Buffer.concat([head, bytes])
}

t.test('frames may be split at every byte', async (t) => {
  const bytes = Buffer.concat([
    frame('stdout', `${TIME} one\n`),
    frame('stderr', `${TIME} zwei: ä🐳\n`),
    frame('stdout', `${TIME} \n`)
  ])
  for (let size = 1; size <= bytes.length; size++) {
    t.strictSame(
      await collect(readLogLines(inPieces(bytes, size), false)),
      [
        { stream: 'stdout', time: TIME, text: 'one' },
        { stream: 'stderr', time: TIME, text: 'zwei: ä🐳' },
        { stream: 'stdout', time: TIME, text: '' }
      ],
      `pieces of ${size}`
    )
  }
})

t.test('a character may be split across frames of two streams', async (t) => {
  const [whale, omega] = [Buffer.from('🐳'), Buffer.from('Ω')]
  const bytes = Buffer.concat([
    frame('stdout', Buffer.concat([Buffer.from(`${TIME} `), whale.subarray(0, 2)])),
    frame('stderr', Buffer.concat([Buffer.from(`${TIME} `), omega.subarray(0, 1)])),
    frame('stdout', Buffer.concat([whale.subarray(2), Buffer.from('\n')])),
    frame('stderr', Buffer.concat([omega.subarray(1), Buffer.from('\n')]))
  ])
  t.match(await collect(readLogLines(inPieces(bytes, 1000), false)), [
    { stream: 'stdout', text: '🐳' },
    { stream: 'stderr', text: 'Ω' }
  ])
})

t.test('a line may come in several frames, and several lines in one', async (t) => {
  const bytes = Buffer.concat([
    frame('stdout', `${TIME} half`),
    frame('stdout', ` and half\n${TIME} second\n${TIME} third`),
    frame('stdout', '\n')
  ])
  t.match(await collect(readLogLines(inPieces(bytes, 7), false)), [
    { text: 'half and half' },
    { text: 'second' },
    { text: 'third' }
  ])
})

t.test('each part of a line has a time', async (t) => {
  const [later, latest] = ['2026-01-31T12:00:00.2Z', '2026-01-31T12:00:01+01:00']
  const bytes = Buffer.concat([
    frame('stdout', `${TIME} one`),
    frame('stderr', `${TIME} oth`),
    frame('stdout', `${later} , ${TIME} two`),
    frame('stderr', `${later} er\n`),
    frame('stdout', `${latest} , three\n`),
    frame('stdout', `${latest} four\n`)
  ])
  for (let size = 1; size <= bytes.length; size++) {
    t.strictSame(
      await collect(readLogLines(inPieces(bytes, size), false)),
      [
        { stream: 'stderr', time: TIME, text: 'other' },
        { stream: 'stdout', time: TIME, text: `one, ${TIME} two, three` },
        { stream: 'stdout', time: latest, text: 'four' }
      ],
      `pieces of ${size}`
    )
  }
})

t.test('with a TTY the output is raw and its line ends are two characters', async (t) => {
  const bytes = Buffer.from(`${TIME} one\r\n${TIME} t\rwo\r\n`)
  for (let size = 1; size <= bytes.length; size++) {
    t.strictSame(await collect(readLogLines(inPieces(bytes, size), true)), [
      { stream: 'stdout', time: TIME, text: 'one' },
      { stream: 'stdout', time: TIME, text: 't\rwo' }
    ])
  }
})

t.test('the last line needs no newline', async (t) => {
  t.match(await collect(readLogLines(inPieces(frame('stderr', `${TIME} cut off`), 5), false)), [
    { stream: 'stderr', text: 'cut off' }
  ])
})

t.test('a line without a time is kept unchanged', async (t) => {
  const bytes = Buffer.concat([frame('stdout', 'no time here\n'), frame('stdout', `${TIME}\n`)])
  t.strictSame(await collect(readLogLines(inPieces(bytes, 100), false)), [
    { stream: 'stdout', time: '', text: 'no time here' },
    { stream: 'stdout', time: TIME, text: '' }
  ])
})

t.test('an endless line is passed on in parts and not held in memory', async (t) => {
  const part = 'x'.repeat(64 * 1024)
  async function* endless() {
    yield frame('stdout', `${TIME} `)
    for (let count = 0; count < 20; count++) yield frame('stdout', part)
    yield frame('stdout', `\n${TIME} after\n`)
  }
  const lines = await collect(readLogLines(endless(), false))
  t.ok(lines.length > 2)
  t.equal(lines.map(({ text }) => text).join('').length, 20 * part.length + 'after'.length)
  t.ok(lines.every(({ text }) => text.length <= 512 * 1024))
  t.match(lines.at(-1), { time: TIME, text: 'after' })
})

t.test('empty input gives no line', async (t) => {
  t.strictSame(await collect(readLogLines(inPieces(Buffer.alloc(0), 1), false)), [])
  t.strictSame(await collect(readLogLines(inPieces(frame('stdout', ''), 1), false)), [])
})

t.test('pieces are passed on as they arrive', async (t) => {
  const bytes = Buffer.concat([frame('stdout', 'a'), frame('stderr', 'b')])
  t.strictSame(
    (await collect(readOutput(inPieces(bytes, 3), false))).map(({ stream, bytes: piece }) => [stream, String(piece)]),
    [
      ['stdout', 'a'],
      ['stderr', 'b']
    ]
  )
})
