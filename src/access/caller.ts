import { setMaxListeners } from 'node:events'
import { SCOPES, type Scope } from './scopes.ts'

type Door = 'rest' | 'grpc' | 'command'
/** The origin of a request. */
export type Peer = { address: string; door: Door }

/** The caller. The object stays the same while its token exists, so results can be cached per caller. */
export type Caller = {
  name: string
  /** Null for BERTH_TOKEN, and on servers without tokens. */
  tokenId: string | null
  /** The tokens of a team share their resources. */
  team: string | null
  scopes: readonly Scope[]
  /** Whether it also sees resources of others. */
  seesAll: boolean
  /** Aborts when its token is revoked or expires, which ends its streams. */
  life: AbortSignal
}

/** The forms of a token in a policy entry: its name, its team, or every token. */
export function namesOf({ name, team }: Caller): string[] {
  return ['*', name, ...(team === null ? [] : [`team:${team}`])]
}

const forEver = new AbortController().signal
setMaxListeners(0, forEver)
const withoutToken = { tokenId: null, team: null, life: forEver }

/** A caller without a token. It has no scope. */
export const NOBODY: Caller = { ...withoutToken, name: 'nobody', scopes: [], seesAll: false }
/** The caller on a server without tokens, where everybody may do everything. */
export const ANYBODY: Caller = { ...withoutToken, name: 'anybody', scopes: SCOPES, seesAll: true }
export const isAnybody = ({ name }: Caller): boolean => name === ANYBODY.name
/** The caller with BERTH_TOKEN. */
export const OPERATOR: Caller = { ...withoutToken, name: 'operator', scopes: SCOPES, seesAll: true }

/**
 * Accepted work continues on behalf of its caller without the token: it sees the caller's resources, and has no scope.
 */
export function inPlaceOf({ owner, team = null }: { owner: string | null; team?: string | null }): Caller {
  return owner === null ? OPERATOR : { ...NOBODY, name: 'of this build', tokenId: owner, team }
}
