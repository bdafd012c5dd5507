// Callers, tokens and entries of the audit trail as clients see them. Pure.

import type { AuditRow } from '../store/contract/audit.ts'
import type { Caller } from './caller.ts'
import { isAdmin } from './ownership.ts'
import type { PolicyRules } from './policy.ts'
import type { Access, AuditEntry, Token } from './schemas.ts'
import type { ManagedToken } from './tokens.ts'

const time = (ms: number) => new Date(ms).toISOString()
const timeOrNull = (ms: number | null) => (ms === null ? null : time(ms))

export type InForce = { exec: boolean; swarm: boolean; policy: PolicyRules }

export function viewAccess(caller: Caller, { exec, swarm, policy }: InForce): Access {
  return {
    caller: caller.name,
    token_id: caller.tokenId,
    team: caller.team,
    scopes: [...caller.scopes],
    sees_all: caller.seesAll,
    exec,
    swarm,
    ...(isAdmin(caller) && { policy })
  }
}

export function viewToken({ id, name, scopes, team, createdAt, expiresAt, lastUsedAt }: ManagedToken): Token {
  return {
    id,
    name,
    scopes,
    team,
    created_at: time(createdAt),
    expires_at: timeOrNull(expiresAt),
    last_used_at: timeOrNull(lastUsedAt)
  }
}

export function viewEntry({ at, tokenId, durationMs, requestId, outcome, door, ...same }: AuditRow): AuditEntry {
  return {
    ...same,
    time: time(at),
    outcome: outcome as AuditEntry['outcome'],
    door: door as AuditEntry['door'],
    token_id: tokenId,
    duration_ms: durationMs,
    request_id: requestId
  }
}
