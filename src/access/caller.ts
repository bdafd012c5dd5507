import { SCOPES, type Scope } from './scopes.ts'

type Door = 'rest' | 'grpc' | 'command'
/** Where a request comes from. */
export type Peer = { address: string; door: Door }

/** Who asks. `tokenId` is null for BERTH_TOKEN and where no token is needed. */
export type Caller = { name: string; tokenId: string | null; scopes: readonly Scope[] }

/** Whoever is not asked for a token, and so may do nothing that needs a scope. */
export const NOBODY: Caller = { name: 'nobody', tokenId: null, scopes: [] }
/** On a server that needs no token everybody may do everything. */
export const ANYBODY: Caller = { name: 'anybody', tokenId: null, scopes: SCOPES }
/** Whoever has BERTH_TOKEN. */
export const OPERATOR: Caller = { name: 'operator', tokenId: null, scopes: SCOPES }
