// Where a build's files lie: its context and its log, in a folder of its own under the data folder. Where several servers
// share the store both are there, and the folder has the context only while this server works with it.

import { createReadStream, createWriteStream, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { syncPath } from '../lib/group-sync.ts'
import { createKeyedLock } from '../lib/keyed-lock.ts'
import type { BuildFileStore } from '../store/contract/build-files.ts'
import { createLogFile, type LogFile } from './log-file.ts'
import { fileMedium, sharedMedium } from './log-medium.ts'

export type BuildFiles = ReturnType<typeof createBuildFiles>

/** Without a data folder, as in tests, a temporary one. */
export function createBuildFiles({
  dataDir,
  maxLogBytes,
  shared
}: {
  dataDir: string
  maxLogBytes: number
  shared?: BuildFileStore | undefined
}) {
  const isTemporary = dataDir === ':memory:'
  const root = isTemporary ? mkdtempSync(join(tmpdir(), 'berth-builds-')) : join(dataDir, 'builds')
  mkdirSync(root, { recursive: true, mode: 0o700 })
  const folder = (id: string) => join(root, id)
  const context = (id: string) => join(folder(id), 'context.tar')
  const make = (id: string) => mkdir(folder(id), { recursive: true, mode: 0o700 })
  const removeFolder = (id: string) => rm(folder(id), { recursive: true, force: true })
  const inTurn = createKeyedLock()
  const life = new AbortController()
  // Those of builds that are not over: whoever follows one must meet whoever writes it.
  const live = new Map<string, LogFile>()

  async function fetchContext(from: BuildFileStore, id: string): Promise<void> {
    await make(id)
    const fetched = `${context(id)}.new`
    await pipeline(from.context(id), createWriteStream(fetched, { mode: 0o600 }))
    // What is empty is no archive: it is missing.
    if ((await stat(fetched)).size > 0) await rename(fetched, context(id))
  }

  function openLog(id: string, isOver: boolean): LogFile {
    const medium = shared ? sharedMedium(shared, id) : fileMedium(join(folder(id), 'log.txt'))
    return createLogFile(medium, maxLogBytes, isOver, life.signal)
  }

  return {
    context,
    make,
    /** Resolves when the context survives a power failure, and every server on the store has it. */
    async keepContext(id: string): Promise<void> {
      if (shared) {
        await shared.putContext(id, createReadStream(context(id)))
        return removeFolder(id)
      }
      await syncPath(context(id))
      await Promise.all([folder(id), root, dirname(root)].map(syncPath))
    },

    /** Runs a task that needs the context in the folder. */
    async withContext<T>(id: string, task: () => Promise<T>): Promise<T> {
      if (!shared) return task()
      return inTurn(id, async () => {
        try {
          await fetchContext(shared, id)
          return await task()
        } finally {
          await removeFolder(id)
        }
      })
    },

    async remove(id: string): Promise<void> {
      await removeFolder(id)
      await shared?.remove(id)
    },
    async removeContext(id: string): Promise<void> {
      await rm(context(id), { force: true })
      await shared?.removeContext(id)
    },

    /** Disk usage of these builds, or of all. */
    async bytes(ids?: string[]): Promise<number> {
      if (shared) return shared.bytes(ids)
      let total = 0
      for (const path of ids ? ids.map(folder) : [root]) total += await sizeOfAll(path)
      return total
    },

    /** Leftovers of an upload or a deletion that a crash interrupted. */
    async removeAllBut(ids: Set<string>): Promise<void> {
      for (const id of readdirSync(root))
        if (shared || !ids.has(id)) rmSync(folder(id), { recursive: true, force: true })
      await shared?.removeLeftOvers()
    },

    log(id: string, isOver: boolean): LogFile {
      const log = live.get(id) ?? openLog(id, isOver)
      if (!isOver) live.set(id, log)
      return log
    },
    /** Of a log that is followed here, if it is. */
    followed: (id: string): LogFile | undefined => live.get(id),
    allFollowed: (): string[] => [...live.keys()],
    /** Another server ended it. */
    ended(id: string): void {
      live.get(id)?.ended()
      live.delete(id)
    },
    /** Calls `note` with whether lines are missing. */
    async endLog(id: string, note: (isIncomplete: boolean) => void = () => {}): Promise<void> {
      const log = live.get(id)
      // Readers find it until everything is on the disk.
      await (log ? log.end(note) : note(false))
      live.delete(id)
    },
    async close(): Promise<void> {
      life.abort()
      await Promise.all([...live.values()].map((log) => log.end()))
      if (isTemporary) await rm(root, { recursive: true, force: true })
    }
  }
}

/** 0 for a folder that somebody removed. */
async function sizeOfAll(path: string): Promise<number> {
  if (!existsSync(path)) return 0
  let total = 0
  for (const entry of await readdir(path, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) total += await sizeOf(join(entry.parentPath, entry.name))
  return total
}

/** 0 if it was removed in the meantime. */
async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch {
    return 0
  }
}
