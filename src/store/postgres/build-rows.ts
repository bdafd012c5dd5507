import type { Database } from './database.ts'

type Piece = { bytes: Buffer }

const PIECE_BYTES = 1024 ** 2
// No upload takes longer.
const LEFT_OVER = "interval '1 day'"

/** Contexts and logs in pieces, so that memory never holds a whole one. */
export function createBuildRows({ sql }: Pick<Database, 'sql'>) {
  async function removeContext(id: string): Promise<void> {
    await sql('DELETE FROM build_contexts WHERE build_id = $1', [id])
  }

  return {
    /** Replaces an existing context. */
    async putContext(id: string, content: AsyncIterable<Uint8Array>): Promise<void> {
      await removeContext(id)
      let number = 0
      for await (const bytes of pieces(content))
        await sql('INSERT INTO build_contexts (build_id, piece, bytes) VALUES ($1, $2, $3)', [id, number++, bytes])
    },

    /** Empty if there is none. */
    async *context(id: string): AsyncGenerator<Buffer> {
      for (let number = 0; ; number++) {
        const { first } = await sql<Piece>('SELECT bytes FROM build_contexts WHERE build_id = $1 AND piece = $2', [
          id,
          number
        ])
        if (!first) return
        yield first.bytes
      }
    },

    removeContext,

    async logBytes(id: string): Promise<number> {
      const { first } = await sql<{ end: number }>(
        'SELECT start + length(bytes) AS end FROM build_logs WHERE build_id = $1 ORDER BY start DESC LIMIT 1',
        [id]
      )
      return first?.end ?? 0
    },

    /** Whole lines, at the end. Idempotent. */
    async addToLog(id: string, text: string, at: number): Promise<void> {
      await sql('INSERT INTO build_logs (build_id, start, bytes) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', [
        id,
        at,
        Buffer.from(text)
      ])
    },

    async *log(id: string, offset: number): AsyncGenerator<Buffer> {
      for (let position = offset; ;) {
        const { first: piece } = await sql<Piece & { start: number }>(
          `SELECT start, bytes FROM build_logs
           WHERE build_id = $1 AND start + length(bytes) > $2 ORDER BY start LIMIT 1`,
          [id, position]
        )
        if (!piece) return
        yield piece.bytes.subarray(Math.max(0, position - piece.start))
        position = piece.start + piece.bytes.length
      }
    },

    async remove(id: string): Promise<void> {
      await removeContext(id)
      await sql('DELETE FROM build_logs WHERE build_id = $1', [id])
    },

    /** Of these builds, or of all. */
    async bytes(ids?: string[]): Promise<number> {
      const { first } = await sql<{ bytes: number }>(
        `SELECT ((SELECT coalesce(sum(length(bytes)), 0) FROM build_contexts WHERE $1::TEXT[] IS NULL OR build_id = ANY ($1)) +
                 (SELECT coalesce(sum(length(bytes)), 0) FROM build_logs WHERE $1::TEXT[] IS NULL OR build_id = ANY ($1)))::BIGINT AS bytes`,
        [ids ?? null]
      )
      return first?.bytes ?? 0
    },

    /** Removes the files of uploads that never became a build. */
    async removeLeftOvers(): Promise<void> {
      await sql(
        `DELETE FROM build_contexts WHERE to_timestamp(created_at / 1000.0) < now() - ${LEFT_OVER}
           AND NOT EXISTS (SELECT FROM builds WHERE id = build_id)`
      )
      await sql('DELETE FROM build_logs WHERE NOT EXISTS (SELECT FROM builds WHERE id = build_id)')
    }
  }
}

async function* pieces(content: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let held: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of content) {
    held.push(chunk)
    bytes += chunk.length
    if (bytes < PIECE_BYTES) continue
    yield Buffer.concat(held)
    held = []
    bytes = 0
  }
  if (bytes > 0) yield Buffer.concat(held)
}
