// Finds builds, and changes those without a worker.

import type { Caller } from '../access/caller.ts'
import { checkMayChange, maySee } from '../access/ownership.ts'
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
  /** One that the caller sees. */
  async function find(caller: Caller, id: string): Promise<BuildRecord> {
    const record = await table.get(id)
    if (!record || !maySee(caller, record)) throw new AppError('BUILD_NOT_FOUND', `There is no build ${id}.`)
    return record
  }

  /** One that the caller may change. */
  async function findOwn(caller: Caller, id: string): Promise<BuildRecord> {
    const record = await find(caller, id)
    checkMayChange(caller, record, `Build ${id}`)
    return record
  }

  async function view(record: BuildRecord): Promise<BuildDetails> {
    const position = statusOf(record) === 'pending' ? await table.countBefore(record.id) : null
    return viewDetails(record, { retentionMs, position })
  }

  return {
    find,
    findOwn,
    view,
    details: async (caller: Caller, id: string): Promise<BuildDetails> => view(await find(caller, id)),
    all: (filter: { image?: string } = {}): Promise<BuildRecord[]> => table.list(filter, ALL, undefined),

    /** Changes builds without a worker; `from` is the status before. */
    async change(record: BuildRecord, from: BuildStatus): Promise<void> {
      if (!(await table.change(record, from)))
        throw new AppError('BUILD_RUNNING', `Build ${record.id} has just started.`)
      onChange(record)
    }
  }
}
