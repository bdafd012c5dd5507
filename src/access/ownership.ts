// Ownership: who may see and change a resource. Only this file decides, for REST and gRPC. Pure.

import { AppError } from '../errors.ts'
import type { Caller } from './caller.ts'

/** Of what no token made, `owner` is null. */
export type Owner = {
  /** Id of the token that made it. */
  readonly owner: string | null
  /** The team of that token. */
  readonly team?: string | null
  /** Whether it is meant for every token. */
  readonly shared?: boolean
}

export const ownerOf = ({ tokenId, team }: Caller): Owner => ({ owner: tokenId, team })

/** Whether the caller may do to everything what its scopes allow: an admin, and everybody on a server without tokens. */
export const isAdmin = ({ scopes }: Caller): boolean => scopes.includes('admin')

export function mayChange(caller: Caller, { owner, team = null, shared = false }: Owner): boolean {
  const isOwn = owner !== null && owner === caller.tokenId
  const isOfTeam = team !== null && team === caller.team
  return isAdmin(caller) || shared || isOwn || isOfTeam
}

/** A resource that the caller may not see does not exist for it. */
export const maySee = (caller: Caller, thing: Owner): boolean => caller.seesAll || mayChange(caller, thing)

/** Of a volume or a network. What Berth did not make belongs to no token, and is shared where the policy names it. */
export function ownerOfNamed(facts: Owner & { managed: boolean }, isNamed: boolean): Owner {
  return facts.managed ? facts : { owner: null, shared: isNamed }
}

type Container = { berth: Owner }
const everything = () => true

/** Selects the containers that the caller may see. */
export function seenBy(caller: Caller): (container: Container) => boolean {
  return caller.seesAll ? everything : ({ berth }) => maySee(caller, berth)
}

/** Throws for what the caller sees but may not change. `what` names it: `Container web`. */
export function checkMayChange(caller: Caller, thing: Owner, what: string): void {
  if (mayChange(caller, thing)) return
  throw new AppError(
    'FORBIDDEN',
    `${what} does not belong to the token "${caller.name}". Ask its owner, or use a token with the scope "admin".`
  )
}
