// A page of builds as JSON. Of a long queue nearly none changes between two looks at it, so what was written out is kept;
// only the place in the queue, which moves without the build, is put in anew.

import type { StoredBuild } from '../store/builds.ts'
import type { BuildRecord } from './record.ts'
import { viewRecord } from './view.ts'

// The longest page.
const KEPT = 1_000

export function createWriter({
  retentionMs,
  current
}: {
  retentionMs: number
  /** A build as it is while it is worked on, which is ahead of what is written down. */
  current: (id: string) => BuildRecord | undefined
}) {
  const kept = new Map<string, { record: string; fields: string }>()

  /** The object without its first brace. What is kept holds as long as the record has the same words. */
  function fieldsOf({ id, record }: StoredBuild): string {
    const running = current(id)
    if (running) return write(running)
    const known = kept.get(id)
    if (known?.record === record) return known.fields
    const fields = write(JSON.parse(record) as BuildRecord)
    kept.delete(id)
    kept.set(id, { record, fields })
    const [oldest = id] = kept.keys()
    if (kept.size > KEPT) kept.delete(oldest)
    return fields
  }

  function write(record: BuildRecord): string {
    return JSON.stringify(viewRecord(record, retentionMs)).slice(1)
  }

  /** `queue` are the builds that wait, in their order. */
  return (rows: StoredBuild[], queue: string[]): Buffer => {
    const places = new Map(queue.map((id, place) => [id, place]))
    // Added up and not joined, which would copy each piece once more.
    let list = ''
    for (const row of rows) list += `${list && ','}{"queue_position":${places.get(row.id) ?? null},${fieldsOf(row)}`
    return Buffer.from(`[${list}]`)
  }
}
