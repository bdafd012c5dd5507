import { Writable } from 'node:stream'
import { pino } from 'pino'
import t from 'tap'
import { createLogOutput } from '../../../src/lib/log-output.ts'
import { turn } from '../../helpers/until.ts'

function slowReader() {
  const taken: string[] = []
  const done: (() => void)[] = []
  const stream = new Writable({
    write(chunk: Buffer, _encoding, next) {
      taken.push(String(chunk))
      done.push(next)
    }
  })
  return { stream, taken, read: () => done.shift()?.() }
}

t.test('lines beyond the bound are dropped, counted and reported', async (t) => {
  const { stream, taken, read } = slowReader()
  const output = createLogOutput(stream, 10)
  for (let count = 0; count < 5; count++) output.write('12345\n')
  await turn()
  t.strictSame(taken, ['12345\n12345\n'])
  output.write('lost\n')
  read()
  output.write('later\n')
  await turn()
  const [missing = '', later] = taken[1]?.split('\n') ?? []
  t.match(JSON.parse(missing), { level: 40, dropped: 4, msg: 'log lines were dropped' })
  t.equal(later, 'later')
})

t.test('lines of one turn are written together, and synchronously before an exit', async (t) => {
  const { stream, taken } = slowReader()
  const output = createLogOutput(stream)
  output.write('a\n')
  output.write('b\n')
  t.strictSame(taken, [])
  output.flushSync()
  t.strictSame(taken, ['a\nb\n'])
  await turn()
  t.equal(taken.length, 1)
})

t.test('a warning is written at once, after the lines before it', (t) => {
  const { stream, taken } = slowReader()
  const log = pino({ base: null, timestamp: false }, createLogOutput(stream))
  log.info('first')
  log.warn('second')
  t.match(taken, [/"first".*\n.*"second"/])
  t.end()
})

t.test('a closed reader is not a failure', async (t) => {
  const reader = new Writable({ write: (_chunk, _encoding, next) => next(new Error('EPIPE')) })
  createLogOutput(reader).write('line\n')
  await turn()
  await turn()
  t.ok(reader.destroyed)
})
