import t from 'tap'
import { createParser, type Message } from '../../../src/client/sse.ts'

t.test('events are whole although their bytes are split anywhere', async (t) => {
  const text = ': still here\n\nid: a-1\nevent: stats\ndata: {"n":1}\n\nevent: end\r\ndata: {\r\ndata: }\r\n\r\n'
  for (const size of [1, 3, 7, 500]) {
    const found: Message[] = []
    const parse = createParser((message) => found.push(message))
    for (let at = 0; at < text.length; at += size) parse(text.slice(at, at + size))
    t.strictSame(
      found,
      [
        { id: 'a-1', event: 'stats', data: '{"n":1}' },
        { id: 'a-1', event: 'end', data: '{\n}' }
      ],
      `pieces of ${size}`
    )
  }
})
