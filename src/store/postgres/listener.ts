// Receives the changes of other servers on a separate connection, pings the database there, and reconnects after an
// outage.

import { sleep } from '../../lib/sleep.ts'
import { isAppError } from '../../errors.ts'
import type { StoreNews } from '../contract/news.ts'
import type { Database, Line } from './database.ts'
import { startPings } from './pings.ts'

export type Log = Record<'error' | 'warn' | 'info', (fields: object, message: string) => void>

const RETRY_MS = 500

export async function createListener({ database, server, log }: { database: Database; server: string; log: Log }) {
  const listeners: ((news: StoreNews) => Promise<void>)[] = []
  const life = new AbortController()
  let line: (Line & { stopPings: () => void }) | undefined

  function tell(news: StoreNews): void {
    for (const listener of listeners)
      listener(news).catch((err: unknown) => {
        if (!isAppError(err, 'STORE_UNAVAILABLE'))
          log.error({ err, ...news }, 'changes of other servers could not be read')
      })
  }

  function hear({ payload = '' }: { payload?: string | undefined }): void {
    const [from, about, id] = payload.split(' ')
    if (from !== server) tell((id === undefined ? { about } : { about, id }) as StoreNews)
  }

  async function listen(): Promise<void> {
    const { client, hangUp } = await database.connect()
    client.on('error', database.lost)
    client.on('end', () => {
      if (client === line?.client) database.lost(new Error('The connection ended.'))
    })
    client.on('notification', hear)
    try {
      const { rows } = await client.query<{ schema: string }>('SELECT current_schema() AS schema')
      await client.query(`LISTEN ${client.escapeIdentifier(`berth_${rows[0]?.schema}`)}`)
    } catch (error) {
      hangUp()
      throw error
    }
    line = { client, hangUp, stopPings: startPings(client, database) }
  }

  /** Closes in order only if the database is reachable. */
  async function drop(): Promise<void> {
    const old = line
    line = undefined
    old?.stopPings()
    if (database.isAway()) old?.hangUp()
    else await old?.client.end().catch(() => {})
  }

  async function find(cause: unknown): Promise<void> {
    const since = performance.now()
    log.warn({ err: cause }, 'the database is away: reads from memory continue, and changes are refused')
    await drop()
    while (!life.signal.aborted) {
      await sleep(RETRY_MS, life.signal)
      if (await isListening()) break
    }
    if (life.signal.aborted) return drop()
    database.returned()
    log.info({ awayMs: Math.round(performance.now() - since) }, 'the database is back')
    tell({ about: 'missed' })
  }

  async function isListening(): Promise<boolean> {
    try {
      await listen()
      return true
    } catch {
      return false
    }
  }

  await listen()
  database.whenLost((cause) => void find(cause))

  return {
    on: (listener: (news: StoreNews) => Promise<void>): void => void listeners.push(listener),
    tell,
    async close(): Promise<void> {
      life.abort()
      await drop()
    }
  }
}
