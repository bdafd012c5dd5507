import { AppError } from '../../errors.ts'
import type { TokenRow, TokenStore } from '../contract/tokens.ts'
import type { TokenMark } from '../folder.ts'
import type { Database } from './database.ts'
import { isTaken } from './failures.ts'
import { lock } from './schema.ts'

const COLUMNS =
  'id, name, hash, scopes, team, created_at AS "createdAt", expires_at AS "expiresAt", last_used_at AS "lastUsedAt"'

export function createTokenTable(
  { sql, transaction }: Pick<Database, 'sql' | 'transaction'>,
  mark: Pick<TokenMark, 'set' | 'clear'>
): TokenStore {
  let hadSome = false

  /** The mark follows the changes of other servers, but an initially empty table does not clear it. */
  async function all(): Promise<TokenRow[]> {
    const { rows } = await sql<TokenRow>(`SELECT ${COLUMNS} FROM tokens ORDER BY created_at, id`)
    if (rows.length > 0) mark.set()
    else if (hadSome) mark.clear()
    hadSome = rows.length > 0
    return rows
  }

  return {
    all,
    async add({ id, name, hash, scopes, team, createdAt, expiresAt }) {
      mark.set()
      try {
        await sql(
          'INSERT INTO tokens (id, name, hash, scopes, team, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)',
          [id, name, hash, scopes, team, createdAt, expiresAt]
        )
      } catch (error) {
        if (!isTaken(error)) throw error
        throw new AppError('TOKEN_NAME_TAKEN', `A token named "${name}" already exists.`, { cause: error })
      }
    },
    async used(id, now) {
      await sql('UPDATE tokens SET last_used_at = $2 WHERE id = $1', [id, now])
    },
    async remove(id) {
      await sql('DELETE FROM tokens WHERE id = $1', [id])
      await all()
    },
    alone: (task) =>
      transaction(async (within) => {
        await lock(within, 'tokens')
        return task()
      })
  }
}
