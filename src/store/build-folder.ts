// The files of builds in the data folder, a folder for each build.

import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { syncPath } from '../lib/group-sync.ts'
import type { BuildFileStore } from './contract/build-files.ts'
import { logOnDisk } from './log-on-disk.ts'

/** Without a data folder, as in tests, a temporary one. */
export function createBuildFolder(dataDir: string): BuildFileStore {
  const isTemporary = dataDir === ':memory:'
  const root = isTemporary ? mkdtempSync(join(tmpdir(), 'berth-builds-')) : join(dataDir, 'builds')
  mkdirSync(root, { recursive: true, mode: 0o700 })
  const folder = (id: string) => join(root, id)
  const contextPath = (id: string) => join(folder(id), 'context.tar')

  return {
    contextPath,
    make: async (id) => void (await mkdir(folder(id), { recursive: true, mode: 0o700 })),

    async keepContext(id) {
      await syncPath(contextPath(id))
      await Promise.all([folder(id), root, dirname(root)].map(syncPath))
    },

    withContext: (_id, task) => task(),
    removeContext: (id) => rm(contextPath(id), { force: true }),
    log: (id) => logOnDisk(join(folder(id), 'log.txt')),
    remove: (id) => rm(folder(id), { recursive: true, force: true }),

    async bytes(ids) {
      let total = 0
      for (const path of ids ? ids.map(folder) : [root]) total += await sizeOfAll(path)
      return total
    },

    async removeAllBut(ids) {
      for (const id of readdirSync(root)) if (!ids.has(id)) rmSync(folder(id), { recursive: true, force: true })
    },

    async close() {
      if (isTemporary) await rm(root, { recursive: true, force: true })
    }
  }
}

/** Zero for a removed folder. */
async function sizeOfAll(path: string): Promise<number> {
  if (!existsSync(path)) return 0
  let total = 0
  for (const entry of await readdir(path, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) total += await sizeOf(join(entry.parentPath, entry.name))
  return total
}

/** Zero if it was removed in the meantime. */
async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch {
    return 0
  }
}
