// Receives the changes of other servers on a separate connection, and reconnects after an outage.

import type { Client } from 'pg'
import { sleep } from '../../lib/sleep.ts'
import { isAppError } from '../../errors.ts'
import type { StoreNews } from '../contract/news.ts'
import type { Database } from './database.ts'

export type Log = Record<'error' | 'warn' | 'info', (fields: object, message: string) => void>

const RETRY_MS = 500

export async function createListener({ database, server, log }: { database: Database; server: string; log: Log }) {
  const listeners: ((news: StoreNews) => Promise<void>)[] = []
  const life = new AbortController()
  let client: Client | undefined

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
    const fresh = await database.connect()
    fresh.on('error', database.lost)
    fresh.on('end', () => {
      if (fresh === client) database.lost(new Error('The connection ended.'))
    })
    fresh.on('notification', hear)
    const { rows } = await fresh.query<{ schema: string }>('SELECT current_schema() AS schema')
    await fresh.query(`LISTEN ${fresh.escapeIdentifier(`berth_${rows[0]?.schema}`)}`)
    client = fresh
  }

  async function drop(): Promise<void> {
    const old = client
    client = undefined
    await old?.end().catch(() => {})
  }

  async function find(cause: unknown): Promise<void> {
    const since = performance.now()
    log.warn({ err: cause }, 'the database is away: reads from memory continue, and changes are refused')
    void drop()
    while (!life.signal.aborted) {
      await sleep(RETRY_MS, life.signal)
      try {
        await listen()
        break
      } catch {
        await drop()
      }
    }
    if (life.signal.aborted) return drop()
    database.returned()
    log.info({ awayMs: Math.round(performance.now() - since) }, 'the database is back')
    tell({ about: 'missed' })
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
