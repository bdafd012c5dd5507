// Records the heartbeat of this server, and looks for the work of dead servers, which no notification announces.

import { isAppError } from '../../errors.ts'
import type { StoreNews } from '../contract/news.ts'
import type { Database } from './database.ts'
import { isDead } from './living.ts'

const BEAT_MS = 5_000

type Left = { intents: boolean; builds: boolean }

export async function startLife({
  database: { sql },
  server,
  tell,
  log
}: {
  database: Pick<Database, 'sql'>
  server: string
  tell: (news: StoreNews) => void
  log: { error(fields: object, message: string): void }
}) {
  async function beat(): Promise<void> {
    await sql(
      'INSERT INTO servers (id, seen_at) VALUES ($1, now_ms()) ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at',
      [server]
    )
  }

  async function look(): Promise<void> {
    const { first: left } = await sql<Left>(
      `SELECT EXISTS (SELECT FROM intents WHERE server <> $1 AND ${isDead('server')}) AS intents,
         EXISTS (SELECT FROM builds WHERE status IN ('pending', 'in_progress')
           AND (claim_token IS NULL OR ${isDead('claimed_by')})) AS builds`,
      [server]
    )
    if (left?.intents) tell({ about: 'intents' })
    if (left?.builds) tell({ about: 'queue' })
    await sql("DELETE FROM servers WHERE to_timestamp(seen_at / 1000.0) < now() - interval '1 day'")
  }

  async function live(): Promise<void> {
    try {
      await beat()
      await look()
    } catch (err) {
      if (!isAppError(err, 'STORE_UNAVAILABLE')) log.error({ err }, 'the heartbeat could not be recorded')
    }
  }

  await beat()
  const timer = setInterval(() => void live(), BEAT_MS).unref()

  return {
    beat,
    async end(): Promise<void> {
      clearInterval(timer)
      await sql('DELETE FROM servers WHERE id = $1', [server]).catch(() => {})
    }
  }
}
