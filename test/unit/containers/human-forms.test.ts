// Values as people write them, and their exact meaning.

import t from 'tap'
import { exactForms } from '../../../src/containers/human-forms.ts'
import { splitCommand } from '../../../src/lib/command-line.ts'
import { parseDuration } from '../../../src/lib/durations.ts'

t.test('human forms become exact ones', async (t) => {
  const table: [written: object, exact: object][] = [
    [{ memory: '512m' }, { memory: 536_870_912 }],
    [{ memory: '1.5g' }, { memory: 1_610_612_736 }],
    [{ command: 'node -v' }, { command: ['node', '-v'] }],
    [{ entrypoint: `sh -c 'echo "a b"'` }, { entrypoint: ['sh', '-c', 'echo "a b"'] }],
    [
      { ports: ['5000', '8150:5001', '53/udp'] },
      {
        ports: [
          { container_port: 5000 },
          { container_port: 5001, host_port: 8150 },
          { container_port: 53, protocol: 'udp' }
        ]
      }
    ],
    [
      { ports: { '5000/tcp': 8150, '53/udp': null, '80': '8151' } },
      {
        ports: [
          { container_port: 80, host_port: 8151 },
          { container_port: 5000, protocol: 'tcp', host_port: 8150 },
          { container_port: 53, protocol: 'udp' }
        ]
      }
    ],
    [{ ports: {} }, { ports: [] }],
    [{ ttl: '2h' }, { ttl_seconds: 7200 }],
    [{ ttl: '1h30m' }, { ttl_seconds: 5400 }],
    [
      { ttl: null, ttl_seconds: 5 },
      { ttl: null, ttl_seconds: 5 }
    ]
  ]
  for (const [written, exact] of table) t.strictSame(exactForms(written), exact, JSON.stringify(written))
})

t.test('exact and unknown forms stay unchanged', async (t) => {
  const body = { memory: 5, command: ['a b'], ports: [{ container_port: 80 }, 7], name: '512m', env: { memory: '5m' } }
  t.strictSame(exactForms(body), body)
  for (const other of [null, undefined, 'text', 7, []]) t.strictSame(exactForms(other), other)
})

t.test('an invalid form is refused with its field', async (t) => {
  const table: [written: object, message: RegExp][] = [
    [{ memory: 'much' }, /^memory must be a number of bytes, or a size such as 512m/],
    [{ command: 'echo "a' }, /^command has a quote that is not closed/],
    [{ command: ' ' }, /^command is empty/],
    [{ ports: ['127.0.0.1:8150:5000'] }, /^ports\.0 must be a port of the workload/],
    [{ ports: { 'tcp/5000': 1 } }, /^ports\.tcp\/5000 must be a port/],
    [{ ports: { '5000': ['8150'] } }, /^ports\.5000 must have a host port/],
    [{ ttl: 'soon' }, /^ttl must be a span of time/],
    [{ ttl: 7 }, /^ttl must be a span of time/],
    [{ ttl: '2h', ttl_seconds: 1 }, /^ttl says the same as ttl_seconds/]
  ]
  for (const [written, message] of table) t.throws(() => exactForms(written), { code: 'INVALID_REQUEST', message })
})

t.test('a command line is split as a shell does it', async (t) => {
  const table: [line: string, words: string[] | undefined][] = [
    ['a  b\tc ', ['a', 'b', 'c']],
    [`'a b' "c d"`, ['a b', 'c d']],
    [`a'b'"c"d`, ['abcd']],
    [String.raw`a\ b "x\"y" 'p\q' "p\q"`, ['a b', 'x"y', String.raw`p\q`, String.raw`p\q`]],
    [`""`, ['']],
    ['$HOME *', ['$HOME', '*']],
    [`"a`, undefined],
    ['a \\', undefined],
    ['', []]
  ]
  for (const [line, words] of table) t.strictSame(splitCommand(line), words, line)
})

t.test('durations', async (t) => {
  for (const [text, seconds] of [
    ['90s', 90],
    ['10m', 600],
    ['1h30m', 5400],
    ['7d', 604_800],
    ['1.5h', 5400],
    ['250ms', 0.25]
  ] as const)
    t.equal(parseDuration(text), seconds, text)
  for (const text of ['', '10', 'm', '10 m', '-1h', '1h 30m', '1y', '2026-01-31T12:00:00Z'])
    t.equal(parseDuration(text), undefined, text)
})
