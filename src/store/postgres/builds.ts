import type { Seal } from '../../lib/seal.ts'
import type { BuildStore, StoredBuild } from '../contract/builds.ts'
import type { Database } from './database.ts'
import { isDead } from './living.ts'

const WAITS = "status = 'pending' AND claim_token IS NULL"

/** `server` holds the claims of this table. */
export function createBuildTable({ sql }: Pick<Database, 'sql'>, seal: Seal, server: string): BuildStore {
  async function ids(text: string, values: unknown[] = []): Promise<string[]> {
    return (await sql<{ id: string }>(text, values)).rows.map(({ id }) => id)
  }
  async function first<Row extends object>(text: string, values: unknown[]): Promise<Row | undefined> {
    return (await sql<Row>(text, values)).first
  }
  async function isDone(text: string, values: unknown[]): Promise<boolean> {
    return (await sql(text, values)).count === 1
  }

  return {
    async add({ id, createdAt, finishedAt, status, imageName }, record, secrets) {
      await sql(
        `INSERT INTO builds (id, created_at, finished_at, status, image_name, record, secrets, credentials_on)
         VALUES ($1, $2, $3, $4, $5, $6, $7, CASE WHEN $6::JSON ->> 'hasOwnCredentials' = 'true' THEN $8 END)`,
        [id, createdAt, finishedAt, status, imageName, record, seal.seal(secrets), server]
      )
    },

    get: async (id) => (await first<{ record: string }>('SELECT record::TEXT FROM builds WHERE id = $1', [id]))?.record,

    async secrets(id) {
      const row = await first<{ secrets: Uint8Array }>('SELECT secrets FROM builds WHERE id = $1', [id])
      return row && seal.open(row.secrets)
    },

    async list({ status, image, origin, seenBy }, limit, before) {
      const { rows } = await sql<StoredBuild>(
        `SELECT id, record::TEXT FROM builds
         WHERE ($1::TEXT IS NULL OR status = $1) AND ($2::TEXT IS NULL OR image_name = $2)
           AND ($3::TEXT IS NULL OR record ->> 'origin' = $3) AND ($4::BIGINT IS NULL OR sequence < $4)
           AND ($5 OR record ->> 'owner' = $6 OR record ->> 'team' = $7)
         ORDER BY sequence DESC LIMIT $8`,
        [status, image, origin, before, seenBy === undefined, seenBy?.owner, seenBy?.team, limit < 0 ? null : limit]
      )
      return rows
    },

    sequence: async (id) =>
      (await first<{ sequence: number }>('SELECT sequence FROM builds WHERE id = $1', [id]))?.sequence,

    async countBefore(id) {
      const row = await first<{ count: number }>(
        `SELECT COUNT(*) AS count FROM builds WHERE ${WAITS} AND sequence < (SELECT sequence FROM builds WHERE id = $1)`,
        [id]
      )
      return row?.count ?? 0
    },

    queue: () => ids(`SELECT id FROM builds WHERE ${WAITS} ORDER BY sequence`),

    async counts() {
      const { rows } = await sql<{ status: string; count: number }>(
        'SELECT status, COUNT(*) AS count FROM builds GROUP BY status'
      )
      return Object.fromEntries(rows.map(({ status, count }) => [status, count]))
    },

    // A living server keeps its claims even if it could not renew them, as while the database was unavailable.
    claim: async (token, until, now) =>
      (
        await first<{ record: string }>(
          `UPDATE builds SET claim_token = $1, claim_until = $2, claimed_by = $4 WHERE sequence = (
             SELECT sequence FROM builds
             WHERE status IN ('pending', 'in_progress')
               AND (claim_token IS NULL OR (claim_until < $3 AND claimed_by = $4) OR ${isDead('claimed_by')})
               AND (credentials_on IS NULL OR credentials_on = $4 OR ${isDead('credentials_on')})
             ORDER BY sequence LIMIT 1 FOR UPDATE SKIP LOCKED
           ) RETURNING record::TEXT`,
          [token, until, now, server]
        )
      )?.record,

    renew: (id, token, until) =>
      isDone('UPDATE builds SET claim_until = $3 WHERE id = $1 AND claim_token = $2', [id, token, until]),

    async release(id, token) {
      await sql(
        'UPDATE builds SET claim_token = NULL, claim_until = NULL, claimed_by = NULL WHERE id = $1 AND claim_token = $2',
        [id, token]
      )
    },

    async releaseAll() {
      await sql('UPDATE builds SET claim_token = NULL, claim_until = NULL, claimed_by = NULL WHERE claimed_by = $1', [
        server
      ])
    },

    save: ({ id, finishedAt, status }, record, token) =>
      isDone('UPDATE builds SET finished_at = $3, status = $4, record = $5 WHERE id = $1 AND claim_token = $2', [
        id,
        token,
        finishedAt,
        status,
        record
      ]),

    askToCancel: (id) =>
      isDone('UPDATE builds SET is_cancelled = TRUE WHERE id = $1 AND claim_token IS NOT NULL', [id]),

    async isToBeCancelled(id) {
      const row = await first<{ is: boolean }>('SELECT is_cancelled AS is FROM builds WHERE id = $1', [id])
      return row?.is ?? false
    },

    // This server may hold the credentials of a build that it retries.
    change: ({ id, finishedAt, status }, record, from) =>
      isDone(
        `UPDATE builds SET finished_at = $3, status = $4, record = $5,
           is_cancelled = is_cancelled AND $2 IN ('pending', 'in_progress'),
           credentials_on = CASE WHEN $2 IN ('pending', 'in_progress') THEN credentials_on
             WHEN $5::JSON ->> 'hasOwnCredentials' = 'true' THEN $6 END
         WHERE id = $1 AND claim_token IS NULL AND status = $2`,
        [id, from, finishedAt, status, record, server]
      ),

    remove: (id) => isDone('DELETE FROM builds WHERE id = $1 AND claim_token IS NULL', [id]),
    finishedBefore: (time) => ids('SELECT id FROM builds WHERE finished_at < $1', [time]),
    finishedBeyond: (most) =>
      ids(
        // The oldest of the owner with the most, so that nobody displaces the builds of others.
        `SELECT id FROM (
           SELECT id, ROW_NUMBER() OVER (PARTITION BY record ->> 'owner' ORDER BY finished_at DESC, sequence DESC) AS age
           FROM builds WHERE finished_at IS NOT NULL AND claim_token IS NULL
         ) AS finished ORDER BY age DESC
         LIMIT greatest(0, (SELECT COUNT(*) FROM builds WHERE finished_at IS NOT NULL) - $1::BIGINT)`,
        [most]
      ),
    ids: () => ids('SELECT id FROM builds')
  }
}
