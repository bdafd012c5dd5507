// Managed tokens: created, listed, revoked, found. The text of a token exists only in the answer to its creation.

import { createHash, randomBytes } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { AppError, isAppError, isDiskFull } from '../errors.ts'
import { createKeyedLock } from '../lib/keyed-lock.ts'
import type { TokenRow, TokenStore } from '../store/contract/tokens.ts'
import { ANYBODY, NOBODY, OPERATOR, type Caller } from './caller.ts'
import type { Scope } from './scopes.ts'

export type ManagedToken = Omit<TokenRow, 'hash' | 'scopes'> & { scopes: Scope[] }
export type NewToken = { name: string; scopes: Scope[]; team?: string | undefined; ttlSeconds: number | undefined }
/** Visibility of the scope `read`. */
export type Visibility = 'own' | 'all'
type KnownToken = ManagedToken & { caller: Caller; end: () => void; writtenUse: number }
export type Tokens = Awaited<ReturnType<typeof createTokens>>

// Names in the audit trail for callers without a token of this list.
const RESERVED = [ANYBODY, NOBODY, OPERATOR].map(({ name }) => name)
const TOKEN_BYTES = 32
const PREFIX = 'berth_'
// The last use is written at most this often, so that reads cost no write.
const USE_WRITTEN_MS = 60_000
const LOOK_MS = 500
const CHANGES = 'changes'

/** `isPrivate`: only this machine's users can reach the server, so it may work without tokens. */
export async function createTokens({
  table,
  hasOperator,
  isPrivate,
  visibility = 'own',
  log,
  now = Date.now
}: {
  table: TokenStore
  /** Whether there is a BERTH_TOKEN, which may do everything. */
  hasOperator: boolean
  isPrivate: boolean
  visibility?: Visibility | undefined
  log: { error(fields: object, message: string): void }
  now?: () => number
}) {
  const byHash = new Map<string, KnownToken>()
  let anybody = beAnybody()
  const inOrder = createKeyedLock()
  await reload()

  /** Tokens that other servers created, used or revoked. */
  async function reload(): Promise<void> {
    const rows = await table.all()
    for (const { hash, scopes, ...row } of rows) {
      const known = byHash.get(hash)
      if (known) known.lastUsedAt = Math.max(known.lastUsedAt ?? 0, row.lastUsedAt ?? 0) || null
      else keep(hash, { ...row, scopes: scopes.split(',') as Scope[] })
    }
    const left = new Set(rows.map(({ hash }) => hash))
    for (const [hash, token] of byHash) if (!left.has(hash)) forget(hash, token)
  }

  function forget(hash: string, token: KnownToken): void {
    byHash.delete(hash)
    token.end()
    if (byHash.size === 0) anybody = beAnybody()
  }

  /** Changes run one after the other: two concurrent ones could each rely on the other's admin as the last one. */
  function change<T>(task: () => Promise<T>): Promise<T> {
    return inOrder(CHANGES, () =>
      table.alone(async () => {
        await reload()
        return task()
      })
    )
  }

  function keep(hash: string, token: ManagedToken): void {
    const { id: tokenId, name, team, scopes, lastUsedAt } = token
    const seesAll = scopes.includes('admin') || (visibility === 'all' && scopes.includes('read'))
    const { life, end } = lifeUntil(`The token "${name}" was revoked or has expired.`)
    byHash.set(hash, {
      ...token,
      caller: { name, tokenId, team, scopes, seesAll, life },
      end,
      writtenUse: lastUsedAt ?? 0
    })
    anybody.end()
  }

  const isValid = ({ expiresAt }: ManagedToken) => expiresAt === null || expiresAt > now()
  const isAdmin = (token: ManagedToken) => token.scopes.includes('admin') && isValid(token)

  function endExpired(): void {
    for (const token of byHash.values()) if (!isValid(token) && !token.caller.life.aborted) token.end()
  }
  let looking: NodeJS.Timeout | undefined

  function entryOf(reference: string): [hash: string, token: KnownToken] {
    for (const entry of byHash) if (entry[1].id === reference || entry[1].name === reference) return entry
    throw new AppError('TOKEN_NOT_FOUND', `There is no token with the id or name "${reference}".`)
  }

  /** A full disk locks nobody out: a later use records it. */
  async function writeUse(token: { id: string; writtenUse: number }, time: number): Promise<void> {
    const { writtenUse } = token
    token.writtenUse = time
    try {
      await table.used(token.id, time)
    } catch (err) {
      token.writtenUse = writtenUse
      if (!isDiskFull(err) && !isAppError(err, 'STORE_UNAVAILABLE'))
        log.error({ err, tokenId: token.id }, 'the use of a token could not be written down')
    }
  }

  return {
    /** From now on the end of a token ends its streams. */
    start(): void {
      looking = setInterval(endExpired, LOOK_MS).unref()
    },
    stop: (): void => clearInterval(looking),

    reload: (): Promise<void> => inOrder(CHANGES, reload),

    /** The caller without a token, until the first token exists, which ends the streams of such callers. */
    anybody: (): Caller => anybody.caller,

    /** Whether there is any token, even an expired one: an expiry must never open the server. */
    exist: (): boolean => byHash.size > 0,

    list: (): ManagedToken[] => [...byHash.values()],

    create: ({ name, scopes, team, ttlSeconds }: NewToken): Promise<{ token: ManagedToken; secret: string }> =>
      change(async () => {
        const taken = RESERVED.includes(name) || [...byHash.values()].some((token) => token.name === name)
        if (taken) throw new AppError('TOKEN_NAME_TAKEN', `A token named "${name}" already exists.`)
        const createdAt = now()
        const token: ManagedToken = {
          id: randomBytes(6).toString('hex'),
          name,
          scopes: [...new Set(scopes)],
          team: team ?? null,
          createdAt,
          expiresAt: ttlSeconds === undefined ? null : createdAt + ttlSeconds * 1000,
          lastUsedAt: null
        }
        if (!hasOperator && !isAdmin(token) && ![...byHash.values()].some(isAdmin))
          throw new AppError(
            'ADMIN_TOKEN_NEEDED',
            'Once a token exists, every request needs one. So the first token must have the scope "admin"; otherwise nobody could create or revoke tokens without BERTH_TOKEN.'
          )
        const secret = PREFIX + randomBytes(TOKEN_BYTES).toString('base64url')
        const hash = hashOf(secret)
        await table.add({ ...token, hash, scopes: token.scopes.join(',') })
        keep(hash, token)
        return { token, secret }
      }),

    revoke: (reference: string): Promise<ManagedToken> =>
      change(async () => {
        const [hash, token] = entryOf(reference)
        const rest = [...byHash.values()].filter(({ id }) => id !== token.id)
        const isNeeded = !hasOperator && isAdmin(token) && !rest.some(isAdmin) && (rest.length > 0 || !isPrivate)
        if (isNeeded)
          throw new AppError(
            'ADMIN_TOKEN_NEEDED',
            `"${token.name}" is the last token with the scope "admin". Create another one first.`
          )
        await table.remove(token.id)
        forget(hash, token)
        return token
      }),

    /** The caller with this token id, if it is valid now. Null is the operator, or everybody if no token is needed. */
    holderOf(id: string | null): Caller | undefined {
      if (id === null) return OPERATOR
      const token = [...byHash.values()].find((each) => each.id === id)
      return token && isValid(token) ? token.caller : undefined
    },

    /**
     * The caller with this token, if it is valid now. Found by its hash, so the timing reveals nothing about the text.
     */
    find(secret: string): Caller | undefined {
      const token = byHash.get(hashOf(secret))
      if (!token || !isValid(token)) return undefined
      const time = now()
      token.lastUsedAt = time
      if (time - token.writtenUse >= USE_WRITTEN_MS) void writeUse(token, time)
      return token.caller
    }
  }
}

function beAnybody(): { caller: Caller; end: () => void } {
  const { life, end } = lifeUntil('From now on the server needs a token: send it as "Authorization: Bearer <token>".')
  return { caller: { ...ANYBODY, life }, end }
}

function lifeUntil(reason: string): { life: AbortSignal; end: () => void } {
  const life = new AbortController()
  setMaxListeners(0, life.signal)
  return { life: life.signal, end: () => life.abort(new AppError('UNAUTHORIZED', reason)) }
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}
