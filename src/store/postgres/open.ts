// The database that several servers share. Each server has a fresh name for the life of its process.

import { createHash, randomUUID } from 'node:crypto'
import { createSeal } from '../../lib/seal.ts'
import { sleep } from '../../lib/sleep.ts'
import { isAppError } from '../../errors.ts'
import type { Store } from '../contract/store.ts'
import { createTokenMark } from '../folder.ts'
import { readKey } from '../secret-key.ts'
import { StoreError } from '../store-error.ts'
import { createAuditTable } from './audit.ts'
import { openBuildFiles } from './build-files.ts'
import { createBuildTable } from './builds.ts'
import { createDatabase, type Database } from './database.ts'
import { createExpiryTable } from './expiries.ts'
import { reasonOf } from './failures.ts'
import { createImageNameTable } from './image-names.ts'
import { createIntentTable } from './intents.ts'
import { startLife } from './life.ts'
import { createListener, type Log } from './listener.ts'
import { migrate, settle } from './schema.ts'
import { createTokenTable } from './tokens.ts'

type Options = {
  url: string
  /** Contains the key that seals secrets. */
  dataDir: string
  log: Log
  /** Allows for a database that starts at the same time. */
  waitMs?: number
}

const WAIT_MS = 10_000
const RETRY_MS = 500

export async function openStore({ url, dataDir, log, waitMs = WAIT_MS }: Options): Promise<Store> {
  const server = `berth-${randomUUID()}`
  const database = createDatabase({ url, name: server })
  try {
    await prepare(database, waitMs)
    const key = readKey(dataDir)
    await requireKey(database, key)
    const instanceId = await settle(database.sql, 'instance', randomUUID())
    const listener = await createListener({ database, server, log })
    const life = await startLife({ database, server, tell: listener.tell, log })
    listener.on(async ({ about }) => {
      if (about === 'missed') await life.beat()
    })
    return {
      instanceId,
      intents: createIntentTable(database, server),
      expiries: createExpiryTable(database),
      imageNames: createImageNameTable(database),
      tokens: createTokenTable(database, createTokenMark(dataDir)),
      audit: createAuditTable(database),
      builds: createBuildTable(database, createSeal(key), server),
      database,
      openBuildFiles: (folder) => openBuildFiles(database, folder),
      onNews: listener.on,
      // The database answers when the transaction is on its disk.
      flush: async () => {},
      async close() {
        await life.end()
        await listener.close()
        await database.close()
      }
    }
  } catch (error) {
    await database.close()
    throw explained(error)
  }
}

/** Retries only if the database does not answer: a wrong password stays wrong. */
async function prepare(database: Database, waitMs: number): Promise<void> {
  const limit = performance.now() + waitMs
  for (;;) {
    try {
      return await migrate(database)
    } catch (error) {
      if (!isAppError(error, 'STORE_UNAVAILABLE') || performance.now() > limit) throw error
      await sleep(RETRY_MS)
      database.returned()
    }
  }
}

async function requireKey({ sql }: Database, key: Uint8Array): Promise<void> {
  const print = createHash('sha256').update('berth').update(key).digest('hex')
  if ((await settle(sql, 'key', print)) === print) return
  throw new StoreError(
    'The secrets in the database are sealed with another key than secret.key in BERTH_DATA_DIR. Copy that file from the data folder of a server that uses the database.'
  )
}

function explained(error: unknown): unknown {
  if (error instanceof StoreError) return error
  const cause = isAppError(error) ? error.cause : error
  return new StoreError(
    `The database of BERTH_DATABASE_URL cannot be used: ${reasonOf(cause)}. Start it, or check the setting.`,
    { cause }
  )
}
