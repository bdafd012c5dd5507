import t from 'tap'
import { createWriter } from '../../../src/builds/written.ts'
import { viewBuild } from '../../../src/builds/view.ts'
import { buildRecord } from '../../helpers/build-record.ts'

const retentionMs = 1_000

t.test('a page says of every build what its view says, also past what is kept', (t) => {
  const write = createWriter({ retentionMs, current: () => undefined })
  const records = Array.from({ length: 2_500 }, (_, index) => buildRecord({ id: `build-${index}`, createdAt: index }))
  const rows = records.map((record) => ({ id: record.id, record: JSON.stringify(record) }))
  const queue = rows.map(({ id }) => id).toReversed()
  for (const from of [0, 1_000, 500, 0]) {
    const page = JSON.parse(write(rows.slice(from, from + 1_000), queue).toString()) as object[]
    const expected = records
      .slice(from, from + 1_000)
      .map((record, index) => viewBuild(record, { retentionMs, position: 2_499 - from - index }))
    t.strictSame(page, JSON.parse(JSON.stringify(expected)), `from ${from}`)
  }
  t.end()
})

t.test('what is written down anew, what moves up and what is worked on shows', (t) => {
  const running = new Map([['c', buildRecord({ id: 'c', imageId: 'sha256:made' })]])
  const write = createWriter({ retentionMs, current: (id) => running.get(id) })
  const row = (id: string, given = {}) => ({ id, record: JSON.stringify(buildRecord({ id, ...given })) })
  const page = (rows: ReturnType<typeof row>[], queue: string[]) =>
    JSON.parse(write(rows, queue).toString()) as Record<string, unknown>[]
  t.match(page([row('b'), row('a')], ['a', 'b']), [{ queue_position: 1 }, { queue_position: 0 }])
  t.match(page([row('b'), row('a', { finishedAt: 5 })], ['b']), [
    { queue_position: 0 },
    { queue_position: null, finished_at: '1970-01-01T00:00:00.005Z', expires_at: '1970-01-01T00:00:01.005Z' }
  ])
  t.match(page([row('c')], []), [{ queue_position: null, image_id: 'sha256:made' }])
  running.clear()
  t.match(page([row('c')], []), [{ image_id: null }])
  t.strictSame(page([], []), [])
  t.end()
})
