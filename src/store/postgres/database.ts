// The connections to the database. Every call has a timeout. While the database is unavailable, calls fail at once.

import { Socket } from 'node:net'
import { Client, Pool, types, type ClientConfig, type PoolClient } from 'pg'
import { isAppError } from '../../errors.ts'
import type { DatabaseStatus, QueryResult, StoreDatabase } from '../contract/database.ts'
import { isAway, reasonOf, unavailable } from './failures.ts'

export type Sql = <Row extends object = Record<string, unknown>>(
  text: string,
  values?: unknown[]
) => Promise<{ rows: Row[]; first: Row | undefined; count: number }>
export type Database = ReturnType<typeof createDatabase>
/** A connection beside the pool. */
export type Line = { client: Client; hangUp: () => void }

const CONNECTIONS = 10
const NOTHING = { rows: [], rowCount: 0 }
const CONNECT_MS = 10_000
// Of the line beside the pool, which is tried again until it succeeds.
const LINE_CONNECT_MS = 5_000
const STATEMENT_MS = 10_000
// Longer than the database's own timeout: only for a database that does not answer at all.
const ANSWER_MS = STATEMENT_MS + 2_000

/** Other servers know this one by `name`. */
export function createDatabase({ url, name }: { url: string; name: string }) {
  const sockets = new Set<Socket>()

  function open(): Socket {
    const socket = new Socket()
    sockets.add(socket)
    return socket.once('close', () => sockets.delete(socket))
  }

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
  const pool = new Pool({ ...config, stream: open, max: CONNECTIONS })
  let away: { cause: unknown; since: string } | undefined
  let latencyMs: number | null = null
  let onLost = (_cause: unknown) => {}
  let onQuery: (result: QueryResult, seconds: number) => void = () => {}
  const watchers: (() => void)[] = []

  function lost(cause: unknown): void {
    if (away) return
    away = { cause, since: new Date().toISOString() }
    onLost(cause)
    for (const watcher of watchers) watcher()
  }
  // The failure of an idle connection.
  pool.on('error', lost)
  // The pool does not listen to a connection in use. Its failure would end the process.
  pool.on('connect', (client) => client.on('error', lost))

  async function guarded<T>(call: () => Promise<T>): Promise<T> {
    if (away) throw unavailable(away.cause)
    const since = performance.now()
    const ended = (result: QueryResult) => onQuery(result, (performance.now() - since) / 1000)
    try {
      const answer = await call()
      ended('ok')
      return answer
    } catch (error) {
      ended('failed')
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
    async connect(): Promise<Line> {
      const socket = new Socket()
      const hangUp = () => void socket.destroy()
      const limits = { connectionTimeoutMillis: LINE_CONNECT_MS, query_timeout: CONNECT_MS }
      const client = new Client({ ...config, ...limits, stream: () => socket })
      try {
        await client.connect()
        return { client, hangUp }
      } catch (error) {
        hangUp()
        throw error
      }
    },

    lost,
    /** For a silent database: ends the calls that wait for its answer. */
    silent(cause: unknown): void {
      lost(cause)
      for (const socket of sockets) socket.destroy()
    },
    answered: (ms: number): void => void (latencyMs = ms),
    /** Lets calls reach the database again. */
    returned(): void {
      if (!away) return
      away = undefined
      for (const watcher of watchers) watcher()
    },
    isAway: (): boolean => away !== undefined,
    whenLost: (listener: (cause: unknown) => void): void => void (onLost = listener),
    close: (): Promise<void> => pool.end(),

    status: (): DatabaseStatus =>
      away ? { available: false, reason: reasonOf(away.cause), since: away.since } : { available: true, latencyMs },
    pool: () => ({
      busy: pool.totalCount - pool.idleCount,
      idle: pool.idleCount,
      waiting: pool.waitingCount
    }),
    onStatus: (watcher: () => void): void => void watchers.push(watcher),
    onQuery: (watcher: (result: QueryResult, seconds: number) => void): void => void (onQuery = watcher)
  } satisfies StoreDatabase & Record<string, unknown>
}

async function isDone(task: Promise<unknown>): Promise<boolean> {
  return task.then(
    () => true,
    () => false
  )
}
