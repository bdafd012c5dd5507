// Tokens of every kind, put into a store before a server opens it.

import { createHash } from 'node:crypto'
import { NOBODY, type Caller } from '../../src/access/caller.ts'
import { SCOPES, type Scope } from '../../src/access/scopes.ts'
import type { Store } from '../../src/store/contract/store.ts'

const hashOf = (secret: string) => createHash('sha256').update(secret).digest('hex')
export const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` })

/** A token's caller that may read, unless told otherwise. */
export function callerWith(given: Partial<Caller>): Caller {
  return { name: 'ci', tokenId: 'x', team: null, scopes: ['read'], seesAll: false, life: NOBODY.life, ...given }
}

type Given = { name: string; scopes: readonly Scope[]; team?: string; expiresAt?: number }

/** Its id is its name. Returns its secret. */
export async function addToken({ tokens }: Store, { name, scopes, team, expiresAt }: Given): Promise<string> {
  const secret = `berth_${name}_`.padEnd(49, 'x')
  await tokens.add({
    id: name,
    name,
    hash: hashOf(secret),
    scopes: scopes.join(','),
    team: team ?? null,
    createdAt: Date.now() - 10_000,
    expiresAt: expiresAt ?? null,
    lastUsedAt: null
  })
  return secret
}

/** A token with each scope, named after it, and one that has expired. Returns their secrets. */
export async function addTokens(store: Store): Promise<Record<Scope | 'expired', string>> {
  const secrets = {} as Record<Scope | 'expired', string>
  for (const scope of SCOPES) secrets[scope] = await addToken(store, { name: scope.replace(':', '-'), scopes: [scope] })
  secrets.expired = await addToken(store, { name: 'expired', scopes: ['admin'], expiresAt: Date.now() - 1 })
  return secrets
}
