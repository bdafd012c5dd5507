import t from 'tap'
import { ANYBODY } from '../../../src/access/caller.ts'
import { createPages } from '../../../src/builds/pages.ts'
import type { BuildRecord } from '../../../src/builds/record.ts'
import { viewBuild } from '../../../src/builds/view.ts'
import { buildRecord } from '../../helpers/build-record.ts'

const retentionMs = 1_000

type Row = { id: string; record: string }
const rowOf = (record: BuildRecord): Row => ({ id: record.id, record: JSON.stringify(record) })

/** Pages over rows in this order; their cursors are ids. */
function pagesOf(running = new Map<string, BuildRecord>()) {
  let rows: Row[] = []
  let queue: string[] = []
  const place = (id: string) => rows.findIndex((row) => row.id === id)
  const { list: page } = createPages({
    table: {
      rows: async (_filter, limit, before) => rows.slice(before === undefined ? 0 : before + 1).slice(0, limit),
      queue: async () => queue,
      sequence: async (id) => (place(id) === -1 ? undefined : place(id)),
      live: (id) => running.get(id),
      read: ({ record }) => JSON.parse(record) as BuildRecord
    },
    retentionMs
  })
  return {
    put(...given: [rows: Row[], queue: string[]]) {
      ;[rows, queue] = given
    },
    page,
    shown: async (query: Parameters<typeof page>[1] = {}) =>
      (await page(ANYBODY, query)).builds.map(({ place, build }) => ({ queue_position: place, ...build }))
  }
}

t.test('a page shows each build as its view does, even beyond the cache', async (t) => {
  const { put, page, shown } = pagesOf()
  const records = Array.from({ length: 2_500 }, (_, index) => buildRecord({ id: `build-${index}`, createdAt: index }))
  put(records.map(rowOf), records.map(({ id }) => id).toReversed())
  for (const from of [0, 1_000, 500, 0]) {
    const cursor = from === 0 ? {} : { cursor: `build-${from - 1}` }
    const expected = records
      .slice(from, from + 1_000)
      .map((record, index) => viewBuild(record, { retentionMs, position: 2_499 - from - index }))
    t.strictSame(await shown({ limit: 1_000, ...cursor }), expected, `from ${from}`)
    t.equal((await page(ANYBODY, { limit: 1_000, ...cursor })).nextCursor, `build-${from + 999}`)
  }
})

t.test('an unchanged build is the same object, wherever it is in the queue', async (t) => {
  const { put, page } = pagesOf()
  const [a, b] = [rowOf(buildRecord({ id: 'a' })), rowOf(buildRecord({ id: 'b' }))]
  put([b, a], ['a', 'b'])
  const [first] = (await page(ANYBODY, {})).builds
  put([b, rowOf(buildRecord({ id: 'a', finishedAt: 5 }))], ['b'])
  const [second, changed] = (await page(ANYBODY, {})).builds
  t.strictSame([first?.place, second?.place], [1, 0])
  t.equal(second?.build, first?.build)
  t.match(changed, {
    place: null,
    build: { finished_at: '1970-01-01T00:00:00.005Z', expires_at: '1970-01-01T00:00:01.005Z' }
  })
})

t.test('a running build shows its current state', async (t) => {
  const running = new Map([['c', buildRecord({ id: 'c', imageId: 'sha256:made' })]])
  const { put, shown } = pagesOf(running)
  put([rowOf(buildRecord({ id: 'c' }))], [])
  t.match(await shown(), [{ queue_position: null, image_id: 'sha256:made' }])
  running.clear()
  t.match(await shown(), [{ image_id: null }])
  await t.rejects(shown({ cursor: 'gone' }), { code: 'INVALID_REQUEST' })
})
