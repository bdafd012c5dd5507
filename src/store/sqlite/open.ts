// The small database of facts that the engine cannot remember. One server owns it for the life of its process.

import { randomBytes, randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Store } from '../contract/store.ts'
import { createBuildFolder } from '../build-folder.ts'
import { createAuditTable } from './audit.ts'
import { createSeal, KEY_BYTES } from '../../lib/seal.ts'
import { createBuildStore } from './builds.ts'
import { createExpiryTable } from './expiries.ts'
import { createImageNameTable } from './image-names.ts'
import { createIntentTable } from './intents.ts'
import { createTokenMark, prepareFolder } from '../folder.ts'
import { inUse } from '../folder-lock.ts'
import { openJournal } from './journal.ts'
import { readKey } from '../secret-key.ts'
import { StoreError } from '../store-error.ts'
import { createTokenTable } from './tokens.ts'

export type SqliteStore = Omit<Store, 'close'> & { close(): void }

const MIGRATIONS = join(import.meta.dirname, 'migrations')
const MEMORY = ':memory:'
const NO_MARK = { set() {}, clear() {} }
const NO_JOURNAL = { flush: async () => {}, check() {}, close() {} }

/** Opens `berth.db` in the folder, or a database in memory for `:memory:`. */
export function openStore(dataDir: string): SqliteStore {
  const db = openDatabase(dataDir)
  const id = instanceId(db)
  const seal = createSeal(dataDir === MEMORY ? randomBytes(KEY_BYTES) : readKey(dataDir))
  const journal = dataDir === MEMORY ? NO_JOURNAL : openJournal(dataDir)
  const mark = dataDir === MEMORY ? NO_MARK : createTokenMark(dataDir)
  return {
    instanceId: id,
    intents: createIntentTable(db),
    expiries: createExpiryTable(db),
    imageNames: createImageNameTable(db),
    tokens: createTokenTable(db, mark),
    audit: createAuditTable(db, journal.check),
    builds: createBuildStore(db, seal),
    openBuildFiles: createBuildFolder,
    onNews() {},
    flush: journal.flush,
    close(): void {
      db.close()
      journal.close()
    }
  }
}

function openDatabase(dataDir: string): DatabaseSync {
  const file = dataDir === MEMORY ? MEMORY : join(dataDir, 'berth.db')
  try {
    if (dataDir !== MEMORY) prepareFolder(dataDir)
    const db = new DatabaseSync(file)
    // Exclusive: the first statement of a second server on the same folder fails, even after a crash of the first server.
    db.exec(
      'PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON'
    )
    migrate(db)
    return db
  } catch (cause) {
    throw explain(cause, file, dataDir)
  }
}

function migrate(db: DatabaseSync): void {
  const { user_version: version } = db.prepare('PRAGMA user_version').get() as { user_version: number }
  const scripts = readdirSync(MIGRATIONS).sort()
  if (version > scripts.length) throw new Error('it was written by a newer version of Berth')
  for (const [index, script] of scripts.entries()) {
    if (index < version) continue
    const sql = readFileSync(join(MIGRATIONS, script), 'utf8')
    db.exec(`BEGIN IMMEDIATE; ${sql}; PRAGMA user_version = ${index + 1}; COMMIT`)
  }
}

function instanceId(db: DatabaseSync): string {
  db.prepare("INSERT OR IGNORE INTO meta (name, value) VALUES ('instance', ?)").run(randomUUID())
  return (db.prepare("SELECT value FROM meta WHERE name = 'instance'").get() as { value: string }).value
}

function explain(cause: unknown, file: string, dataDir: string): StoreError {
  const message = cause instanceof Error ? cause.message : String(cause)
  if (cause instanceof StoreError) return cause
  if (/locked|busy/i.test(message)) return inUse(dataDir, cause)
  return new StoreError(`The database ${file} cannot be used: ${message}. Check BERTH_DATA_DIR.`, { cause })
}
