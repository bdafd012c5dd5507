import { PassThrough } from 'node:stream'
import t from 'tap'
import { readOutput } from '../../../src/engine/docker/log-frames.ts'
import { PIECE_BYTES } from '../../../src/terminal/frames.ts'
import { gathered } from '../../../src/terminal/gather.ts'

t.test('the first piece arrives at once, those of the pause together', async (t) => {
  const connection = new PassThrough()
  let pauses = 0
  const pause = async () => {
    if (++pauses > 1) return void connection.end()
    for (const text of ['b', 'c', 'd']) connection.write(text)
  }
  const pieces = gathered(readOutput(connection, true), pause)
  connection.write('a')
  t.equal(String((await pieces.next()).value?.bytes), 'a')
  t.equal(pauses, 0, 'before any pause')
  t.equal(String((await pieces.next()).value?.bytes), 'bcd')
  t.equal((await pieces.next()).done, true)
})

t.test('a large piece is followed by no pause', async (t) => {
  async function* output() {
    for (const size of [PIECE_BYTES, PIECE_BYTES, PIECE_BYTES - 1])
      yield { stream: 'stdout', bytes: Buffer.alloc(size) } as const
  }
  let pauses = 0
  for await (const _ of gathered(output(), async () => void pauses++));
  t.equal(pauses, 1)
})
