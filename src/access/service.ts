// Authenticates and authorizes callers, for REST and gRPC.

import { createHash, timingSafeEqual } from 'node:crypto'
import { AppError } from '../errors.ts'
import { OPERATOR, type Caller, type Peer } from './caller.ts'
import { createFailedLogins } from './failed-logins.ts'
import type { Need } from './scopes.ts'
import type { Tokens } from './tokens.ts'

export type Access = ReturnType<typeof createAccess>

// Per minute and address. A valid token still works, so nobody can lock out their neighbours.
const MAX_FAILURES = 10

export function createAccess({
  token,
  tokens,
  isPrivate,
  now = Date.now
}: {
  /** BERTH_TOKEN. */
  token: string | undefined
  tokens: Pick<Tokens, 'anybody' | 'exist' | 'find'>
  /** Only this machine's users can reach the server, so it may work without tokens. */
  isPrivate: boolean
  now?: () => number
}) {
  const failedLogins = createFailedLogins({ limit: MAX_FAILURES, now })
  const expected = token === undefined ? undefined : digest(token)

  const needsToken = () => expected !== undefined || !isPrivate || tokens.exist()

  function find(secret: string): Caller | undefined {
    const given = digest(secret)
    if (expected && timingSafeEqual(given, expected)) return OPERATOR
    return tokens.find(secret)
  }

  return {
    needsToken,

    /** Takes the value of an `authorization` header or metadata entry. */
    authenticate(authorization: string | undefined, { address }: Peer): Caller {
      if (!needsToken()) return tokens.anybody()
      const secret = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1]
      const caller = secret === undefined ? undefined : find(secret)
      if (caller) return caller
      const seconds = secret === undefined ? undefined : failedLogins.add(address)
      if (seconds !== undefined)
        throw new AppError(
          'TOO_MANY_REQUESTS',
          `Too many wrong tokens came from ${address}. Wait ${seconds} seconds.`,
          {
            retryAfterSeconds: seconds
          }
        )
      throw new AppError('UNAUTHORIZED', 'Send a valid token as "Authorization: Bearer <token>".')
    },

    authorize({ name, scopes }: Caller, need: Need): void {
      if (need === 'open' || scopes.includes(need) || scopes.includes('admin')) return
      throw new AppError('FORBIDDEN', `This needs the scope "${need}"; the token "${name}" has ${scopes.join(', ')}.`, {
        facts: { scope: need }
      })
    }
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
