// The small rules of the dashboard that need no browser.

import t from 'tap'
import { levelOf, spansOf, withoutColours } from '../../../../src/pages/dashboard/lib/ansi.ts'
import { curlOf } from '../../../../src/pages/dashboard/lib/curl.ts'
import { ago, bytes, duration, percent, plural } from '../../../../src/pages/dashboard/lib/format.ts'
import { find } from '../../../../src/pages/dashboard/lib/fuzzy.ts'
import { createParser, type Message } from '../../../../src/pages/dashboard/lib/sse.ts'

t.test('figures and times', async (t) => {
  const table: [string, string][] = [
    [bytes(0), '0 B'],
    [bytes(1023), '1023 B'],
    [bytes(1536), '1.5 KiB'],
    [bytes(512 * 1024 ** 2), '512 MiB'],
    [bytes(3e15), '2728 TiB'],
    [percent(0.04), '0.0 %'],
    [percent(103.2), '103 %'],
    [ago(1_000, 1_500), 'now'],
    [ago(0, 59_000), '59 s ago'],
    [ago(0, 3 * 86_400_000), '3 d ago'],
    [ago(7_200_000, 0), 'in 2 h'],
    [duration(340), '340 ms'],
    [duration(4_249), '4.2 s'],
    [duration(185_000), '3 min 5 s'],
    [plural(1, 'port'), '1 port'],
    [plural(1200, 'port'), '1,200 ports']
  ]
  for (const [found, wanted] of table) t.equal(found, wanted)
})

t.test('events come whole out of pieces that are cut anywhere', async (t) => {
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

t.test('a few letters find a name', async (t) => {
  const names = ['checkout-1', 'search-2', 'gateway-1', 'Logs of gateway-1', 'stop gateway-1']
  const all = names.map((name) => ({ key: name.toLowerCase(), name }))
  const first = (text: string) => find(text, all, 5)[0]?.name
  t.equal(first('gate'), 'gateway-1')
  t.equal(first('gw1'), 'gateway-1', 'beginnings of words')
  t.equal(first('logs gate'), 'Logs of gateway-1')
  t.equal(first('STOP'), 'stop gateway-1')
  t.strictSame(find('zzz', all, 5), [])
  t.equal(find('', all, 3).length, 3, 'nothing typed shows the first')
})

t.test('six thousand names are searched within a frame', async (t) => {
  const all = Array.from({ length: 6_000 }, (_, n) => ({ key: `restart preview-environment-${n}` }))
  find('warm up', all, 12)
  const times = Array.from({ length: 15 }, (_, n) => {
    const start = performance.now()
    find(`rpe${n}`, all, 12)
    return performance.now() - start
  })
  const least = Math.min(...times)
  t.ok(least < 16, `${least.toFixed(1)} ms`)
})

t.test('colours of a terminal become classes, and nothing else of it is left', async (t) => {
  t.strictSame(spansOf('plain <b>'), [{ text: 'plain <b>', classes: '' }])
  t.strictSame(spansOf('\u001B[1;31merr\u001B[0m ok\u001B[2K\u001B[92m!'), [
    { text: 'err', classes: 'ansi-1 bold' },
    { text: ' ok', classes: '' },
    { text: '!', classes: 'ansi-2' }
  ])
  t.equal(withoutColours('\u001B[31ma\u001B]0;title\u0007b'), 'ab')
})

t.test('the level of a line', async (t) => {
  const table: [string, string | undefined][] = [
    ['{"level":50,"msg":"x"}', 'error'],
    ['{"level":"warn"}', 'warn'],
    ['2026-01-01 WARNING: disk', 'warn'],
    ['panic: runtime error', 'error'],
    ['INFO listening', 'info'],
    ['TRACE x', 'debug'],
    ['GET /errors.css 200', undefined]
  ]
  for (const [line, level] of table) t.equal(levelOf(line), level, line)
})

t.test('a call as a line for a shell', async (t) => {
  t.equal(curlOf({ method: 'GET', url: 'http://h/x' }), 'curl http://h/x')
  const line = curlOf({ method: 'POST', url: 'http://h/x', body: { name: "it's" }, withToken: true })
  t.match(line, `-d '{\n  "name": "it'\\''s"\n}'`)
  t.match(line, '-H "Authorization: Bearer $BERTH_TOKEN"')
})
