// Moves the SQLite store of the data folder to the PostgreSQL database of BERTH_DATABASE_URL: all of it or nothing. The
// folder stays unchanged.

import { createReadStream, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { findBreak } from '../src/access/audit.ts'
import { ConfigError, loadConfig } from '../src/load-config.ts'
import { lockFolder } from '../src/store/folder-lock.ts'
import { openStore } from '../src/store/open.ts'
import { AUDIT_COLUMNS } from '../src/store/postgres/audit.ts'
import { createBuildRows } from '../src/store/postgres/build-rows.ts'
import { createDatabase, type Sql } from '../src/store/postgres/database.ts'
import { lock } from '../src/store/postgres/schema.ts'
import { openStore as openSqlite } from '../src/store/sqlite/open.ts'

type Row = Record<string, unknown>

const BATCH = 500
const LOG = { error() {}, warn() {}, info() {} }
/** Adds the columns that exist only there. A stopped server leaves its intents, and holds no claims. */
const TABLES: Record<string, (row: Row) => Row> = {
  intents: (row) => ({ ...row, server: 'before the move' }),
  expiries: (row) => row,
  image_names: (row) => row,
  tokens: (row) => row,
  audit: (row) => row,
  builds: ({ record, secrets, ...row }) => ({
    ...row,
    record: JSON.parse(String(record)) as unknown,
    secrets: `\\x${Buffer.from(secrets as Uint8Array).toString('hex')}`,
    claim_token: null,
    claim_until: null
  })
}

try {
  await run()
} catch (error) {
  const lines = error instanceof ConfigError ? error.problems : [error instanceof Error ? error.message : String(error)]
  for (const line of lines) process.stderr.write(`${line}\n`)
  process.exitCode = 1
}

async function run(): Promise<void> {
  const { dataDir, databaseUrl } = loadConfig(process.env).config
  if (databaseUrl === undefined) throw new Error('Set BERTH_DATABASE_URL to the database that the store moves to.')
  if (!existsSync(join(dataDir, 'berth.db')))
    throw new Error(`There is no SQLite store in ${dataDir}. Check BERTH_DATA_DIR.`)
  const unlock = await lockFolder(dataDir)
  // Then both have the tables of this version, and the database has the key of this folder.
  openSqlite(dataDir).close()
  await (await openStore({ databaseUrl, dataDir, log: LOG })).close()
  const source = new DatabaseSync(join(dataDir, 'berth.db'), { readOnly: true })
  const target = createDatabase({ url: databaseUrl, name: 'berth-move' })
  try {
    const moved = await target.transaction((sql) => move(source, sql, dataDir))
    process.stdout.write(`Moved ${moved.join(', ')}. The audit trail is unbroken. ${dataDir} is as it was.\n`)
  } finally {
    source.close()
    await target.close()
    unlock()
  }
}

async function move(source: DatabaseSync, sql: Sql, dataDir: string): Promise<string[]> {
  await lock(sql, 'schema')
  await requireUnused(sql)
  const moved: string[] = []
  for (const table of Object.keys(TABLES)) moved.push(`${await copy(source, sql, table)} ${table}`)
  await sql("SELECT setval(pg_get_serial_sequence('builds', 'sequence'), greatest(1, max(sequence))) FROM builds")
  const [instance] = source.prepare("SELECT value FROM meta WHERE name = 'instance'").all()
  await sql("UPDATE meta SET value = $1 WHERE name = 'instance'", [instance?.value])
  moved.push(...(await copyFiles(sql, dataDir)))
  await checkTrail(sql)
  return moved
}

async function requireUnused(sql: Sql): Promise<void> {
  for (const table of Object.keys(TABLES))
    if (await count(sql, table)) throw new Error(`The database already holds ${table}. Nothing was moved.`)
  if (await count(sql, 'living'))
    throw new Error('A server uses the database. Stop it and try again. Nothing was moved.')
}

async function copy(source: DatabaseSync, sql: Sql, table: string): Promise<number> {
  const prepared = TABLES[table] ?? ((row: Row) => row)
  let batch: Row[] = []
  let read = 0
  const write = async () => {
    const columns = Object.keys(batch[0] ?? {}).join(', ')
    if (columns !== '')
      await sql(
        `INSERT INTO ${table} (${columns}) SELECT ${columns} FROM json_populate_recordset(NULL::${table}, $1)`,
        [JSON.stringify(batch)]
      )
    batch = []
  }
  for (const row of source.prepare(`SELECT * FROM ${table}`).iterate()) {
    read++
    batch.push(prepared(row))
    if (batch.length === BATCH) await write()
  }
  await write()
  const written = await count(sql, table)
  if (written !== read) throw new Error(`Of ${read} ${table} only ${written} arrived. Nothing was moved.`)
  return read
}

async function count(sql: Sql, table: string): Promise<number> {
  return (await sql<{ rows: number }>(`SELECT count(*) AS rows FROM ${table}`)).first?.rows ?? 0
}

async function copyFiles(sql: Sql, dataDir: string): Promise<string[]> {
  const files = createBuildRows({ sql })
  let contexts = 0
  let logs = 0
  for (const { id } of (await sql<{ id: string }>('SELECT id FROM builds')).rows) {
    const context = join(dataDir, 'builds', id, 'context.tar')
    const log = join(dataDir, 'builds', id, 'log.txt')
    if (existsSync(context)) {
      await files.putContext(id, createReadStream(context))
      contexts++
    }
    if (existsSync(log)) {
      await files.addToLog(id, readFileSync(log, 'utf8'), 0)
      logs++
    }
  }
  return [`${contexts} contexts`, `${logs} logs`]
}

/** Old entries may have been removed between others, so only consecutive ones are compared. */
async function checkTrail(sql: Sql): Promise<void> {
  const { rows } = await sql(`SELECT ${AUDIT_COLUMNS} FROM audit ORDER BY seq`)
  const broken = findBreak(
    rows.map((row) => JSON.stringify(row)),
    { isPart: true }
  )
  if (broken !== undefined)
    throw new Error(
      `Entry ${String(rows[broken]?.seq)} of the audit trail does not follow from the one before it. Nothing was moved.`
    )
}
