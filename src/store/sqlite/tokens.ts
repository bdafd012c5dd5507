import type { DatabaseSync } from 'node:sqlite'
import type { TokenRow, TokenStore } from '../contract/tokens.ts'
import type { TokenMark } from '../folder.ts'

export function createTokenTable(db: DatabaseSync, mark: Pick<TokenMark, 'set' | 'clear'>): TokenStore {
  const insert = db.prepare(
    'INSERT INTO tokens (id, name, hash, scopes, team, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)'
  )
  const touch = db.prepare('UPDATE tokens SET last_used_at = ? WHERE id = ?')
  const remove = db.prepare('DELETE FROM tokens WHERE id = ?')
  const select = db.prepare(
    'SELECT id, name, hash, scopes, team, created_at AS createdAt, expires_at AS expiresAt, last_used_at AS lastUsedAt FROM tokens ORDER BY created_at, id'
  )

  const all = () => select.all() as TokenRow[]

  // Tokens of a version without the mark.
  if (all().length > 0) mark.set()

  return {
    async add({ id, name, hash, scopes, team, createdAt, expiresAt }) {
      mark.set()
      insert.run(id, name, hash, scopes, team, createdAt, expiresAt)
    },
    used: async (id, now) => void touch.run(now, id),
    async remove(id) {
      remove.run(id)
      if (all().length === 0) mark.clear()
    },
    all: async () => all(),
    alone: (task) => task()
  }
}
