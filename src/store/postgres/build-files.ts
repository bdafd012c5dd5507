// The files of builds in the database. The data folder holds a context only while this server works with it.

import { createReadStream, createWriteStream } from 'node:fs'
import { rename, stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { createKeyedLock } from '../../lib/keyed-lock.ts'
import { createBuildFolder } from '../build-folder.ts'
import type { BuildFileStore } from '../contract/build-files.ts'
import { createBuildRows } from './build-rows.ts'
import type { Database } from './database.ts'

export function openBuildFiles(database: Pick<Database, 'sql'>, dataDir: string): BuildFileStore {
  const rows = createBuildRows(database)
  const here = createBuildFolder(dataDir)
  const inTurn = createKeyedLock()

  async function fetchContext(id: string): Promise<void> {
    await here.make(id)
    const fetched = `${here.contextPath(id)}.new`
    await pipeline(rows.context(id), createWriteStream(fetched, { mode: 0o600 }))
    // An empty archive means that the context is missing.
    if ((await stat(fetched)).size > 0) await rename(fetched, here.contextPath(id))
  }

  return {
    make: here.make,
    contextPath: here.contextPath,
    bytes: rows.bytes,
    close: here.close,

    async keepContext(id) {
      await rows.putContext(id, createReadStream(here.contextPath(id)))
      await here.remove(id)
    },

    withContext: (id, task) =>
      inTurn(id, async () => {
        try {
          await fetchContext(id)
          return await task()
        } finally {
          await here.remove(id)
        }
      }),

    async removeContext(id) {
      await here.removeContext(id)
      await rows.removeContext(id)
    },

    log: (id) => ({
      bytes: () => rows.logBytes(id),
      append: (text, at) => rows.addToLog(id, text, at),
      read: (offset) => rows.log(id, offset),
      async close() {}
    }),

    async remove(id) {
      await here.remove(id)
      await rows.remove(id)
    },

    /** Only the database knows the builds of other servers. */
    async removeAllBut() {
      await here.removeAllBut(new Set())
      await rows.removeLeftOvers()
    }
  }
}
