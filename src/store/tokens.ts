import type { DatabaseSync } from 'node:sqlite'

export type TokenRow = {
  id: string
  name: string
  hash: string
  /** Separated by commas. */
  scopes: string
  createdAt: number
  expiresAt: number | null
  lastUsedAt: number | null
}

/** The managed tokens, without the tokens: only their hashes. */
export function createTokenTable(db: DatabaseSync) {
  const insert = db.prepare(
    'INSERT INTO tokens (id, name, hash, scopes, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)'
  )
  const touch = db.prepare('UPDATE tokens SET last_used_at = ? WHERE id = ?')
  const remove = db.prepare('DELETE FROM tokens WHERE id = ?')
  const select = db.prepare(
    'SELECT id, name, hash, scopes, created_at AS createdAt, expires_at AS expiresAt, last_used_at AS lastUsedAt FROM tokens ORDER BY created_at, id'
  )

  return {
    add: ({ id, name, hash, scopes, createdAt, expiresAt }: TokenRow): void =>
      void insert.run(id, name, hash, scopes, createdAt, expiresAt),
    used: (id: string, now: number): void => void touch.run(now, id),
    remove: (id: string): void => void remove.run(id),
    all: () => select.all() as TokenRow[]
  }
}
