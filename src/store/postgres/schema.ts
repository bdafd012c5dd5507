// Creates and migrates the tables at the start. If several servers start at once, one of them does.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { StoreError } from '../store-error.ts'
import type { Database, Sql } from './database.ts'

const MIGRATIONS = join(import.meta.dirname, 'migrations')

export async function migrate({ transaction }: Pick<Database, 'transaction'>): Promise<void> {
  await transaction(async (sql) => {
    await lock(sql, 'schema')
    const scripts = readdirSync(MIGRATIONS).sort()
    const version = await readVersion(sql)
    if (version > scripts.length)
      throw new StoreError('The database was written by a newer version of Berth. Install that version.')
    for (const script of scripts.slice(version)) await sql(readFileSync(join(MIGRATIONS, script), 'utf8'))
    await sql(
      "INSERT INTO meta (name, value) VALUES ('version', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
      [scripts.length]
    )
  })
}

async function readVersion(sql: Sql): Promise<number> {
  const { first } = await sql<{ table: string | null }>(`SELECT to_regclass(current_schema() || '.meta') AS table`)
  if (!first?.table) return 0
  return Number((await sql<{ value: string }>("SELECT value FROM meta WHERE name = 'version'")).first?.value ?? 0)
}

/** Holds the lock of this name in this store until the end of the transaction. */
export async function lock(sql: Sql, name: string): Promise<void> {
  await sql('SELECT pg_advisory_xact_lock(hashtext(current_schema()), hashtext($1))', [name])
}

/** The stored value of a name, or the given one if there was none. */
export async function settle(sql: Sql, name: string, value: string): Promise<string> {
  await sql('INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING', [name, value])
  return (await sql<{ value: string }>('SELECT value FROM meta WHERE name = $1', [name])).first?.value ?? value
}
