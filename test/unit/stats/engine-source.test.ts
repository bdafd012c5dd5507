import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import { createEngineSource } from '../../../src/stats/engine-source.ts'
import { AppError } from '../../../src/errors.ts'
import { counters } from '../../helpers/counters.ts'
import { fakeEngine } from '../../helpers/fake-engine.ts'
import { container, idOf } from '../../helpers/records.ts'

const { readAt: _unread, ...figures } = counters({ memoryUsage: 7 })
const machine = { hasCgroups: async () => true }
const turn = () => new Promise((resolve) => setImmediate(resolve))

t.test('gives the figures of the engine, with the time of the answer', async (t) => {
  const asked: string[] = []
  const engine = fakeEngine({
    containerCounters: async (id) => {
      asked.push(id)
      await turn()
      return figures
    }
  })
  const start = performance.now()
  const found = await createEngineSource({ engine, machine }).read(container({ id: idOf('web') }))
  t.strictSame(asked, [idOf('web')])
  t.match(found, figures)
  t.ok(found && start < found.readAt && found.readAt <= performance.now())
})

t.test('without figures, engine or container there is no data', async (t) => {
  const none = fakeEngine({ containerCounters: async () => undefined })
  t.equal(await createEngineSource({ engine: none, machine }).read(container()), undefined)
  for (const code of ['ENGINE_UNAVAILABLE', 'CONTAINER_NOT_FOUND'] as const) {
    const failing = fakeEngine({
      containerCounters: async () => {
        throw new AppError(code, 'made up by the test')
      }
    })
    t.equal(await createEngineSource({ engine: failing, machine }).read(container()), undefined, code)
  }
})

t.test('asks about a bounded number of containers at once, and about all in the end', async (t) => {
  let open = 0
  let most = 0
  const answers: (() => void)[] = []
  const engine = fakeEngine({
    containerCounters: async () => {
      most = Math.max(most, ++open)
      await new Promise<void>((resolve) => answers.push(resolve))
      open--
      return figures
    }
  })
  const source = createEngineSource({ engine, machine })
  const all = Promise.all(Array.from({ length: 300 }, (_, n) => source.read(container({ name: `c${n}` }))))
  let done = false
  void all.then(() => (done = true))
  while (!done) {
    for (const answer of answers.splice(0)) answer()
    await turn()
  }
  t.equal((await all).filter(Boolean).length, 300)
  t.ok(most > 64 && most < 300, `${most} at once`)
})

t.test('gives no data on an engine without cgroups, whose figures are of the whole machine', async (t) => {
  const engine = fakeEngine({ containerCounters: async () => figures })
  const source = createEngineSource({ engine, machine: { hasCgroups: async () => false } })
  t.equal(await source.read(container()), undefined)
})

t.test('leaves the server time although answers come at once', async (t) => {
  let asked = 0
  const engine = fakeEngine({
    containerCounters: async () => {
      asked++
      return figures
    }
  })
  const source = createEngineSource({ engine, machine })
  const began = performance.now()
  const alone = source.read(container({ name: 'alone' }))
  t.match(await Promise.race([alone, setTimeout(100)]), figures, 'one alone does not wait')
  await Promise.all(Array.from({ length: 1_000 }, (_, n) => source.read(container({ name: `c${n}` }))))
  const perSecond = (1_000 * asked) / (performance.now() - began)
  t.ok(perSecond < 700, `${Math.round(perSecond)} samples per second`)
})
