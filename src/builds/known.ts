// The builds that there are, each as it is now: one that is worked on is ahead of what is written down.

import { AppError } from '../errors.ts'
import { statusOf, type BuildRecord } from './record.ts'
import type { BuildDetails } from './schemas.ts'
import type { BuildTable } from './table.ts'
import { viewDetails } from './view.ts'
import type { Worker } from './worker.ts'

export const ALL = -1

export type KnownBuilds = ReturnType<typeof createKnownBuilds>

type Options = {
  table: BuildTable
  worker: Pick<Worker, 'current'>
  retentionMs: number
  onChange: (record: BuildRecord) => void
}

export function createKnownBuilds({ table, worker, retentionMs, onChange }: Options) {
  function find(id: string): BuildRecord {
    const record = worker.current(id) ?? table.get(id)
    if (!record) throw new AppError('BUILD_NOT_FOUND', `There is no build ${id}.`)
    return record
  }

  function view(record: BuildRecord): BuildDetails {
    const position = statusOf(record) === 'pending' ? table.countBefore(record.id) : null
    return viewDetails(record, { retentionMs, position })
  }

  return {
    find,
    view,
    details: (id: string): BuildDetails => view(find(id)),
    all: (filter: { image?: string } = {}): BuildRecord[] =>
      table.list(filter, ALL, undefined).map((row) => worker.current(row.id) ?? row),

    /** For changes of builds that nobody works on. */
    save(record: BuildRecord): void {
      if (!table.save(record, null)) throw new AppError('BUILD_RUNNING', `Build ${record.id} has just been begun.`)
      onChange(record)
    }
  }
}
