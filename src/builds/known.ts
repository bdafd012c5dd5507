// Looks builds up, and changes those that nobody works on.

import { AppError } from '../errors.ts'
import { statusOf, type BuildRecord, type BuildStatus } from './record.ts'
import type { BuildDetails } from './schemas.ts'
import type { BuildTable } from './table.ts'
import { viewDetails } from './view.ts'

export const ALL = -1

export type KnownBuilds = ReturnType<typeof createKnownBuilds>

type Options = {
  table: BuildTable
  retentionMs: number
  onChange: (record: BuildRecord) => void
}

export function createKnownBuilds({ table, retentionMs, onChange }: Options) {
  async function find(id: string): Promise<BuildRecord> {
    const record = await table.get(id)
    if (!record) throw new AppError('BUILD_NOT_FOUND', `There is no build ${id}.`)
    return record
  }

  async function view(record: BuildRecord): Promise<BuildDetails> {
    const position = statusOf(record) === 'pending' ? await table.countBefore(record.id) : null
    return viewDetails(record, { retentionMs, position })
  }

  return {
    find,
    view,
    details: async (id: string): Promise<BuildDetails> => view(await find(id)),
    all: (filter: { image?: string } = {}): Promise<BuildRecord[]> => table.list(filter, ALL, undefined),

    /** For changes of builds that nobody works on; `from` is the status before. */
    async change(record: BuildRecord, from: BuildStatus): Promise<void> {
      if (!(await table.change(record, from)))
        throw new AppError('BUILD_RUNNING', `Build ${record.id} has just been begun.`)
      onChange(record)
    }
  }
}
