// Tokens of every kind, put into a store before a server opens it.

import { createHash } from 'node:crypto'
import { SCOPES, type Scope } from '../../src/access/scopes.ts'
import type { Store } from '../../src/store/contract/store.ts'

const hashOf = (secret: string) => createHash('sha256').update(secret).digest('hex')
export const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` })

/** A token with each scope, named after it, and one that has expired. Returns their secrets. */
export async function addTokens({ tokens }: Store): Promise<Record<Scope | 'expired', string>> {
  const now = Date.now()
  const secrets = {} as Record<Scope | 'expired', string>
  for (const name of [...SCOPES, 'expired'] as const) {
    const id = name.replace(':', '-')
    secrets[name] = `berth_${id}_`.padEnd(49, 'x')
    await tokens.add({
      id,
      name: id,
      hash: hashOf(secrets[name]),
      scopes: name === 'expired' ? 'admin' : name,
      createdAt: now - 10_000,
      expiresAt: name === 'expired' ? now - 1 : null,
      lastUsedAt: null
    })
  }
  return secrets
}
