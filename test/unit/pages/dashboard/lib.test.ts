// The small rules of the dashboard that need no browser.

import t from 'tap'
import { levelOf, spansOf, withoutColours } from '../../../../src/pages/dashboard/lib/ansi.ts'
import { curlOf } from '../../../../src/pages/dashboard/lib/curl.ts'
import { find } from '../../../../src/pages/dashboard/lib/fuzzy.ts'

t.test('a few letters find a name', async (t) => {
  const names = ['checkout-1', 'search-2', 'gateway-1', 'Logs of gateway-1', 'stop gateway-1']
  const all = names.map((name) => ({ key: name.toLowerCase(), name }))
  const first = (text: string) => find(text, all, 5)[0]?.name
  t.equal(first('gate'), 'gateway-1')
  t.equal(first('gw1'), 'gateway-1', 'beginnings of words')
  t.equal(first('logs gate'), 'Logs of gateway-1')
  t.equal(first('STOP'), 'stop gateway-1')
  t.strictSame(find('zzz', all, 5), [])
  t.equal(find('', all, 3).length, 3, 'an empty query shows the first')
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

t.test('colours of a terminal become classes, and other control sequences are removed', async (t) => {
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

t.test('a call as a shell command', async (t) => {
  t.equal(curlOf({ method: 'GET', url: 'http://h/x' }), 'curl http://h/x')
  const line = curlOf({ method: 'POST', url: 'http://h/x', body: { name: "it's" }, withToken: true })
  t.match(line, `-d '{\n  "name": "it'\\''s"\n}'`)
  t.match(line, '-H "Authorization: Bearer $BERTH_TOKEN"')
})
