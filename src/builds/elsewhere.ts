// Builds that other servers on the same store run: their news, and their cancellation.

import type { StoreNews } from '../store/contract/news.ts'
import type { BuildFiles } from './files.ts'
import { isOver, type BuildRecord } from './record.ts'
import type { BuildTable } from './table.ts'
import type { Worker } from './worker.ts'

export type Elsewhere = ReturnType<typeof createElsewhere>

export function createElsewhere({
  table,
  files,
  worker,
  onChange
}: {
  table: Pick<BuildTable, 'get' | 'live' | 'askToCancel'>
  files: Pick<BuildFiles, 'followed' | 'allFollowed' | 'ended'>
  worker: Pick<Worker, 'pump' | 'abort'>
  onChange: (record: BuildRecord) => void
}) {
  const waiting = new Map<string, PromiseWithResolvers<void>>()

  /** Skips builds that this server runs, whose state it knows better. */
  async function read(id: string): Promise<BuildRecord | undefined> {
    if (table.live(id)) return undefined
    const record = await table.get(id)
    if (table.live(id) || (record && !isOver(record))) return record
    files.ended(id)
    waiting.get(id)?.resolve()
    waiting.delete(id)
    return record
  }

  async function tell(id: string): Promise<void> {
    const record = await read(id)
    if (record) onChange(record)
  }

  async function catchUp(): Promise<void> {
    for (const id of new Set([...files.allFollowed(), ...waiting.keys()])) {
      files.followed(id)?.wake()
      await read(id)
    }
  }

  async function hear(news: StoreNews): Promise<void> {
    if (news.about === 'queue') await worker.pump()
    else if (news.about === 'cancel') await worker.abort(news.id)
    else if (news.about === 'build') await tell(news.id)
    else if (news.about === 'log') files.followed(news.id)?.wake()
    else if (news.about === 'missed') await Promise.all([worker.pump(), catchUp()])
  }

  return {
    hear,

    /** Ends the followers of its log if the build has ended. */
    look: async (id: string): Promise<void> => void (await read(id)),

    /** Resolves when the build has ended. False if no server runs it. */
    async cancel(id: string): Promise<boolean> {
      if (!(await table.askToCancel(id))) return false
      const over = waiting.get(id) ?? Promise.withResolvers<void>()
      waiting.set(id, over)
      // It may have ended since.
      await read(id)
      await over.promise
      return true
    }
  }
}
