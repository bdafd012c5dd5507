import t from 'tap'
import { createReplay } from '../../../src/terminal/replay.ts'

t.test('keeps the last bytes with their positions, however they arrived', async (t) => {
  const capacity = 16_384
  const all = Buffer.from(Array.from({ length: 100_000 }, (_, index) => (index * 7) % 251))
  for (const step of [1, 777, 4_096, 16_384]) {
    const replay = createReplay(capacity)
    for (let at = 0; at < all.length; at += step) {
      replay.push(all.subarray(at, at + step))
      if (replay.end() - replay.start() > capacity) t.fail('keeps more than it may')
    }
    t.equal(replay.end(), all.length)
    t.equal(replay.start(), all.length - capacity)
    t.ok(replay.read(replay.start(), capacity).equals(all.subarray(-capacity)), `in pieces of ${step}`)
    t.ok(replay.read(all.length - 5_000, 1_000).equals(all.subarray(-5_000, -4_000)))
  }
})

t.test('keeps everything up to its limit', async (t) => {
  const replay = createReplay(16_384)
  replay.push(Buffer.alloc(5_000, 'a'))
  replay.push(Buffer.alloc(5_000, 'b'))
  t.equal(replay.start(), 0)
  t.equal(replay.read(4_999, 2).toString(), 'ab')
})
