import t from 'tap'
import { selectContainers } from '../../../src/containers/list.ts'
import type { ContainerRecord } from '../../../src/engine/contract/containers.ts'
import { container } from '../../helpers/records.ts'

const second = (number: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, number)).toISOString().replace('Z', '000000Z')
const named = (count: number) =>
  Array.from({ length: count }, (_, number) => container({ name: `c${number}`, createdAt: second(number) }))
const names = (records: ContainerRecord[]) => records.map(({ name }) => name)

t.test('newest first, whatever the order of the input', async (t) => {
  const [oldest, middle, newest] = named(3)
  if (!oldest || !middle || !newest) throw new Error('there are three')
  t.strictSame(names(selectContainers([middle, newest, oldest], {}).records), ['c2', 'c1', 'c0'])
})

t.test('filters', async (t) => {
  const records = [
    container({
      name: 'web',
      createdAt: second(5),
      image: 'shop/web:2',
      labels: { 'io.berth.managed': 'true', team: 'red' }
    }),
    container({
      name: 'web-old',
      createdAt: second(4),
      state: 'exited',
      image: 'shop/web:1',
      labels: { team: 'blue', urgent: '' }
    }),
    container({ name: 'db', createdAt: second(3), image: 'localhost:5000/db', labels: { team: 'red=hot' } }),
    container({
      name: 'kept',
      createdAt: second(2),
      image: 'berth/kept:abc',
      labels: { 'io.berth.image': 'shop/web:2' }
    })
  ]
  const table: [query: Parameters<typeof selectContainers>[1], found: string[]][] = [
    [{}, ['web', 'web-old', 'db', 'kept']],
    [{ state: 'exited' }, ['web-old']],
    [{ name: 'web' }, ['web', 'web-old']],
    [{ name: 'WEB' }, []],
    [{ managed: true }, ['web']],
    [{ managed: false }, ['web-old', 'db', 'kept']],
    [{ image: 'shop/web' }, ['web', 'web-old', 'kept']],
    [{ image: 'shop/web:2' }, ['web', 'kept']],
    [{ image: 'shop' }, []],
    [{ image: 'localhost:5000/db' }, ['db']],
    [{ image: 'localhost' }, []],
    [{ image: 'berth/kept:abc' }, []],
    [{ label: ['team'] }, ['web', 'web-old', 'db']],
    [{ label: ['team=red'] }, ['web']],
    [{ label: ['team=red=hot'] }, ['db']],
    [{ label: ['urgent'] }, ['web-old']],
    [{ label: ['urgent='] }, ['web-old']],
    [{ label: ['team', 'urgent'] }, ['web-old']],
    [{ label: ['team=blue'], state: 'running' }, []],
    [{ label: ['toString'] }, []]
  ]
  for (const [query, found] of table) {
    const { records: selected, total } = selectContainers(records, query)
    t.strictSame(names(selected), found, JSON.stringify(query))
    t.equal(total, found.length)
  }
})

t.test('pages', async (t) => {
  const records = named(7)
  const seen: string[][] = []
  let cursor: string | undefined
  do {
    const page = selectContainers(records, { limit: 3, ...(cursor !== undefined && { cursor }) })
    t.equal(page.total, 7, 'the total is that of all pages')
    seen.push(names(page.records))
    cursor = page.nextCursor
  } while (cursor !== undefined)
  t.strictSame(seen, [['c6', 'c5', 'c4'], ['c3', 'c2', 'c1'], ['c0']])
})

t.test('an exactly full page is the last one', async (t) => {
  t.equal(selectContainers(named(3), { limit: 3 }).nextCursor, undefined)
  t.equal(selectContainers([], { limit: 3 }).nextCursor, undefined)
})

t.test('nothing is skipped or shown twice when containers come and go between pages', async (t) => {
  let records = named(6)
  const first = selectContainers(records, { limit: 2 })
  t.strictSame(names(first.records), ['c5', 'c4'])
  // Three containers go: that of the cursor, one already shown, and one not yet shown. A new one comes.
  records = records.filter(({ name }) => !['c4', 'c5', 'c3'].includes(name))
  records.push(container({ name: 'new', createdAt: second(30) }))
  const next = selectContainers(records, { limit: 2, cursor: first.nextCursor ?? '' })
  t.strictSame(names(next.records), ['c2', 'c1'])
  t.strictSame(names(selectContainers(records, { limit: 2, cursor: next.nextCursor ?? '' }).records), ['c0'])
})

t.test('containers created at the same moment have an order, too', async (t) => {
  const records = Array.from({ length: 9 }, (_, number) => container({ name: `c${number}`, createdAt: second(1) }))
  const seen: string[] = []
  let cursor: string | undefined
  do {
    const page = selectContainers(records.toReversed(), { limit: 2, ...(cursor !== undefined && { cursor }) })
    seen.push(...names(page.records))
    cursor = page.nextCursor
  } while (cursor !== undefined)
  t.strictSame(seen.toSorted(), names(records))
})

t.test('a cursor that the server did not issue is refused', async (t) => {
  for (const cursor of ['', 'x', 'bm9uc2Vuc2U', '!!!']) {
    t.throws(() => selectContainers(named(1), { cursor }), { code: 'INVALID_REQUEST', fields: [{ field: 'cursor' }] })
  }
})

t.test('a time with fewer digits sorts into its place', async (t) => {
  const [a, b, c] = ['2026-01-01T00:00:01Z', '2026-01-01T00:00:01.5Z', '2026-01-01T00:00:01.25Z'].map(
    (createdAt, index) => container({ name: `c${index}`, createdAt })
  )
  if (!a || !b || !c) throw new Error('there are three')
  t.strictSame(names(selectContainers([a, b, c], {}).records), ['c1', 'c2', 'c0'])
})
