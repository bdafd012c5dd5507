import { Writable } from 'node:stream'
import t from 'tap'
import { createLogOutput } from '../../../src/lib/log-output.ts'

t.test('lines beyond the bound are dropped, counted, and said to be missing', async (t) => {
  const taken: string[] = []
  const done: (() => void)[] = []
  const reader = new Writable({
    write(chunk: Buffer, _encoding, next) {
      taken.push(String(chunk))
      done.push(next)
    }
  })
  const output = createLogOutput(reader, 10)
  for (let count = 0; count < 5; count++) output.write('12345\n')
  for (let next = done.shift(); next; next = done.shift()) next()
  output.write('later\n')
  for (let next = done.shift(); next; next = done.shift()) next()
  t.equal(taken.length, 4)
  t.match(JSON.parse(taken[2] ?? ''), { level: 40, dropped: 3, msg: 'log lines were dropped' })
  t.equal(taken[3], 'later\n')
})

t.test('a closed reader is not a failure', async (t) => {
  const reader = new Writable({ write: (_chunk, _encoding, next) => next(new Error('EPIPE')) })
  createLogOutput(reader).write('line\n')
  await new Promise((resolve) => setImmediate(resolve))
  t.ok(reader.destroyed)
})
