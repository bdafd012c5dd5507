// Where a build's files lie: its context and its log, in a folder of its own under the data folder.

import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { syncPath } from '../lib/group-sync.ts'
import { createLogFile, type LogFile } from './log-file.ts'

export type BuildFiles = ReturnType<typeof createBuildFiles>

/** Without a data folder, as in tests, a temporary one. */
export function createBuildFiles({ dataDir, maxLogBytes }: { dataDir: string; maxLogBytes: number }) {
  const isTemporary = dataDir === ':memory:'
  const root = isTemporary ? mkdtempSync(join(tmpdir(), 'berth-builds-')) : join(dataDir, 'builds')
  mkdirSync(root, { recursive: true, mode: 0o700 })
  const folder = (id: string) => join(root, id)
  // Those of builds that are not over: whoever follows one must meet whoever writes it.
  const live = new Map<string, LogFile>()

  return {
    context: (id: string) => join(folder(id), 'context.tar'),
    make: (id: string) => mkdir(folder(id), { recursive: true, mode: 0o700 }),
    /** Resolves when the context survives a power failure. */
    async keepContext(id: string): Promise<void> {
      await syncPath(join(folder(id), 'context.tar'))
      await Promise.all([folder(id), root, dirname(root)].map(syncPath))
    },
    remove: (id: string) => rm(folder(id), { recursive: true, force: true }),
    removeContext: (id: string) => rm(join(folder(id), 'context.tar'), { force: true }),

    /** Disk usage of all builds. */
    async bytes(): Promise<number> {
      let total = 0
      // Somebody removed it; the next upload makes it again.
      if (!existsSync(root)) return total
      for (const entry of await readdir(root, { recursive: true, withFileTypes: true }))
        if (entry.isFile()) total += await sizeOf(join(entry.parentPath, entry.name))
      return total
    },

    /** Leftovers of an upload or a deletion that a crash interrupted. */
    removeAllBut(ids: Set<string>): void {
      for (const id of readdirSync(root)) if (!ids.has(id)) rmSync(folder(id), { recursive: true, force: true })
    },

    log(id: string, isOver: boolean): LogFile {
      const log = live.get(id) ?? createLogFile(join(folder(id), 'log.txt'), maxLogBytes, isOver)
      if (!isOver) live.set(id, log)
      return log
    },
    /** Calls `note` with whether lines are missing. */
    async endLog(id: string, note: (isIncomplete: boolean) => void = () => {}): Promise<void> {
      const log = live.get(id)
      // Readers find it until everything is on the disk.
      await (log ? log.end(note) : note(false))
      live.delete(id)
    },
    async close(): Promise<void> {
      await Promise.all([...live.values()].map((log) => log.end()))
      if (isTemporary) await rm(root, { recursive: true, force: true })
    }
  }
}

/** Undefined if it was removed in the meantime. */
async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch {
    return 0
  }
}
