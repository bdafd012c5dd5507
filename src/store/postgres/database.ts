// The connections to the database. Every call has a timeout. While the database is unavailable, calls fail at once.

import { Client, Pool, types, type ClientConfig, type PoolClient } from 'pg'
import { isAppError } from '../../errors.ts'
import { isAway, unavailable } from './failures.ts'

export type Sql = <Row extends object = Record<string, unknown>>(
  text: string,
  values?: unknown[]
) => Promise<{ rows: Row[]; first: Row | undefined; count: number }>
export type Database = ReturnType<typeof createDatabase>

const CONNECTIONS = 10
const NOTHING = { rows: [], rowCount: 0 }
const CONNECT_MS = 10_000
const STATEMENT_MS = 10_000
// Longer than the database's own timeout: only for a database that does not answer at all.
const ANSWER_MS = STATEMENT_MS + 2_000

/** Other servers know this one by `name`. */
export function createDatabase({ url, name }: { url: string; name: string }) {
  const config: ClientConfig = {
    connectionString: url,
    application_name: name,
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: STATEMENT_MS,
    query_timeout: ANSWER_MS,
    keepAlive: true,
    types: {
      getTypeParser: (id, format) => (id === types.builtins.INT8 ? Number : types.getTypeParser(id, format)) as never
    }
  }
  const pool = new Pool({ ...config, max: CONNECTIONS })
  let away: { cause: unknown } | undefined
  let onLost = (_cause: unknown) => {}

  function lost(cause: unknown): void {
    if (away) return
    away = { cause }
    onLost(cause)
  }
  // The failure of an idle connection.
  pool.on('error', lost)
  // The pool does not listen to a connection in use. Its failure would end the process.
  pool.on('connect', (client) => client.on('error', lost))

  async function guarded<T>(call: () => Promise<T>): Promise<T> {
    if (away) throw unavailable(away.cause)
    try {
      return await call()
    } catch (error) {
      if (!isAway(error)) throw error
      lost(error)
      throw unavailable(error)
    }
  }

  const sqlOf =
    (client: Pool | PoolClient): Sql =>
    async (text, values) => {
      const answer = await guarded(() => client.query(text, values))
      // Each statement of a script has a result.
      const { rows, rowCount } = Array.isArray(answer) ? NOTHING : answer
      return { rows, first: rows[0], count: rowCount ?? 0 }
    }
  const sql = sqlOf(pool)

  /** Commits all of it or nothing. */
  async function transaction<T>(task: (sql: Sql) => Promise<T>): Promise<T> {
    const client = await guarded(() => pool.connect())
    const within = sqlOf(client)
    try {
      await within('BEGIN')
      const result = await task(within)
      await within('COMMIT')
      client.release()
      return result
    } catch (error) {
      const isClean = !isAppError(error, 'STORE_UNAVAILABLE') && (await isDone(within('ROLLBACK')))
      client.release(!isClean)
      throw error
    }
  }

  return {
    sql,
    transaction,

    /** A separate connection that waits for notifications. */
    connect: async (): Promise<Client> => {
      const client = new Client({ ...config, query_timeout: CONNECT_MS })
      await client.connect()
      return client
    },

    lost,
    /** Lets calls reach the database again. */
    returned: (): void => void (away = undefined),
    isAway: (): boolean => away !== undefined,
    whenLost: (listener: (cause: unknown) => void): void => void (onLost = listener),
    close: (): Promise<void> => pool.end()
  }
}

async function isDone(task: Promise<unknown>): Promise<boolean> {
  return task.then(
    () => true,
    () => false
  )
}
