import t from 'tap'
import { startPhases, stopPhases } from '../../src/lifecycle.ts'

const LONG_MS = 60_000
const never = () => new Promise<void>(() => {})

function witness(done: string[]) {
  const log = { error: ({ part }: { part?: string }) => void done.push(`logged ${part}`) }
  const part = (name: string) => ({
    name,
    start: () => void done.push(`start ${name}`),
    stop: () => void done.push(`stop ${name}`)
  })
  return { log, part }
}

t.test('phases start and stop in the order given', async (t) => {
  const done: string[] = []
  const { log, part } = witness(done)
  const phases = [
    { limitMs: LONG_MS, parts: [part('a'), part('b')] },
    { limitMs: LONG_MS, parts: [part('c')] }
  ]
  await startPhases(phases)
  await stopPhases(phases.toReversed(), log)
  t.strictSame(done, ['start a', 'start b', 'start c', 'stop c', 'stop a', 'stop b'])
})

t.test('a phase stops when the one before it has stopped', async (t) => {
  const done: string[] = []
  const { log, part } = witness(done)
  const last = Promise.withResolvers<void>()
  const stopped = stopPhases(
    [
      { limitMs: LONG_MS, parts: [{ name: 'slow', stop: () => last.promise }, part('beside it')] },
      { limitMs: LONG_MS, parts: [part('after it')] }
    ],
    log
  )
  await new Promise(setImmediate)
  t.strictSame(done, ['stop beside it'])
  last.resolve()
  await stopped
  t.strictSame(done, ['stop beside it', 'stop after it'])
})

t.test('a part that fails or hangs stops no other and is logged', async (t) => {
  const done: string[] = []
  const { log, part } = witness(done)
  const throwing = () => {
    throw new Error('no')
  }
  await stopPhases(
    [
      { limitMs: LONG_MS, parts: [{ name: 'throws', stop: throwing }, part('beside it')] },
      { limitMs: 1, parts: [{ name: 'hangs', stop: never }] },
      { limitMs: LONG_MS, parts: [{ name: 'rejects', stop: async () => throwing() }] },
      { limitMs: LONG_MS, parts: [part('last')] }
    ],
    log
  )
  t.strictSame(done, ['stop beside it', 'logged throws', 'logged hangs', 'logged rejects', 'stop last'])
})

t.test('a part that does not start ends the start', async (t) => {
  const done: string[] = []
  const { part } = witness(done)
  const phases = [
    { limitMs: LONG_MS, parts: [part('a')] },
    { limitMs: 1, parts: [{ name: 'the door', start: never }] },
    { limitMs: LONG_MS, parts: [part('b')] }
  ]
  await t.rejects(startPhases(phases), { message: 'the door did not start within 1 ms' })
  t.strictSame(done, ['start a'])
})
