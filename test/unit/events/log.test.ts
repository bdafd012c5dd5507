import t, { type Test } from 'tap'
import { ANYBODY } from '../../../src/access/caller.ts'
import { createEventLog, type Told } from '../../../src/events/log.ts'

const NOON = Date.parse('2026-01-01T12:00:00Z')
const turn = () => new Promise((resolve) => setImmediate(resolve))

function open(t: Test, epoch = 'cafe0001') {
  const log = createEventLog({ epoch, now: () => NOON })
  const end = new AbortController()
  t.teardown(() => end.abort())
  return {
    add(from: number, to = from) {
      for (let n = from; n <= to; n++) log.add('container.updated', { n })
    },
    /** Everything that a reader is given, now and later. */
    async read(lastEventId?: string) {
      const events: Told[] = []
      void (async () => {
        for await (const event of log.stream(ANYBODY, lastEventId, end.signal)) events.push(event)
      })()
      await turn()
      return events
    },
    /** One that has connected but is slow to read. */
    connect() {
      const source = log.stream(ANYBODY, undefined, end.signal)
      const first = source.next()
      return async () => {
        const events = [(await first).value as Told]
        void (async () => {
          for await (const event of source) events.push(event)
        })()
        await turn()
        return events
      }
    }
  }
}

const ids = (events: Told[]) => events.map((told) => ('id' in told ? told.id : undefined))
const numbers = (events: Told[]) => events.map((told) => ('event' in told ? told.event.n : 'resync'))

t.test('a new reader gets events from now on', async (t) => {
  const { add, read } = open(t)
  add(1, 2)
  const events = await read()
  t.strictSame(events, [])
  add(3)
  await turn()
  t.strictSame(events, [
    {
      id: 'cafe0001-3',
      event: { type: 'container.updated', time: '2026-01-01T12:00:00.000Z', n: 3 }
    }
  ])
})

t.test('with the id of the last event, missed events come before new ones', async (t) => {
  const { add, read } = open(t)
  add(1, 5)
  const events = await read('cafe0001-3')
  add(6)
  await turn()
  t.strictSame(numbers(events), [4, 5, 6])
  t.strictSame(ids(events), ['cafe0001-4', 'cafe0001-5', 'cafe0001-6'])
})

t.test('a current reader missed nothing', async (t) => {
  const { add, read } = open(t)
  add(1, 5)
  t.strictSame(await read('cafe0001-5'), [])
})

t.test('a reader of the last dropped event can still resume', async (t) => {
  const { add, read } = open(t)
  add(1, 1_500)
  const events = await read('cafe0001-500')
  t.equal(events.length, 1_000)
  t.strictSame([numbers(events)[0], numbers(events).at(-1)], [501, 1_500])
})

const UNKNOWN: [why: string, id: string][] = [
  ['too long ago', 'cafe0001-499'],
  ['of another run of the server', 'beef0002-1490'],
  ['of the future', 'cafe0001-1501'],
  ['no number', 'cafe0001-x'],
  ['nothing like an id', '1767225600000'],
  ['a fraction', 'cafe0001-1490.5']
]

for (const [why, id] of UNKNOWN) {
  t.test(`an id that cannot be resumed from: ${why}`, async (t) => {
    const { add, read } = open(t)
    add(1, 1_500)
    const events = await read(id)
    t.match(events, [{ resync: /no longer known/ }])
    t.equal(events.length, 1, 'and nothing that would look whole')
    add(1_501)
    await turn()
    t.strictSame(numbers(events), ['resync', 1_501], 'then it continues')
  })
}

t.test('a log without events has nothing to resume from', async (t) => {
  const { read } = open(t)
  t.strictSame(await read('cafe0001-0'), [])
  t.match(await read('cafe0001-1'), [{ resync: /no longer known/ }])
})

t.test('a slightly slow reader loses nothing', async (t) => {
  const { add, connect } = open(t)
  const read = connect()
  add(1, 200)
  const events = await read()
  t.strictSame(
    numbers(events),
    Array.from({ length: 200 }, (_, index) => index + 1)
  )
})

t.test('a reader that is too slow gets a resync with the number of missed events', async (t) => {
  const { add, connect } = open(t)
  const read = connect()
  add(1, 2_000)
  const [gap, ...rest] = await read()
  t.match(gap, { resync: /^\d+ events were dropped/ })
  const dropped = Number(/^\d+/.exec((gap as { resync: string }).resync)?.[0])
  t.equal(dropped + rest.length, 2_000, 'all are accounted for')
  t.equal(numbers(rest).at(-1), 2_000)
})
