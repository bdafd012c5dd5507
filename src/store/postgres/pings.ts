// Detects a database that keeps its connections and answers nothing, long before a call would time out.

import type { Client } from 'pg'
import type { Database } from './database.ts'

const EVERY_MS = 2_000
const LIMIT_MS = 5_000

type Told = Pick<Database, 'answered' | 'silent'>

export function startPings(client: Pick<Client, 'query'>, { answered, silent }: Told): () => void {
  const life = new AbortController()
  const { signal } = life
  let limit: NodeJS.Timeout | undefined

  async function ping(): Promise<void> {
    if (limit) return
    const since = performance.now()
    limit = setTimeout(() => {
      // An answer that arrived while this process was paused counts.
      setImmediate(() => {
        if (limit && !signal.aborted) silent(new Error(`No answer for ${LIMIT_MS / 1000} seconds.`))
      })
    }, LIMIT_MS)
    try {
      await client.query('SELECT 1')
      answered(performance.now() - since)
    } catch (error) {
      if (!signal.aborted) silent(error)
    } finally {
      clearTimeout(limit)
      limit = undefined
    }
  }

  const timer = setInterval(() => void ping(), EVERY_MS).unref()
  return () => {
    life.abort()
    clearInterval(timer)
    clearTimeout(limit)
  }
}
