// Ownership: the callers that may see and change a resource. Only this file decides, for REST and gRPC. Pure.

import { AppError } from '../errors.ts'
import type { Caller } from './caller.ts'

/** `owner` is null for resources that no token created. */
export type Owner = {
  /** Id of the token that made it. */
  readonly owner: string | null
  /** The team of that token. */
  readonly team?: string | null
  /** Whether every token may use it. */
  readonly shared?: boolean
}

export const ownerOf = ({ tokenId, team }: Caller): Owner => ({ owner: tokenId, team })

/** Whether the scopes of the caller apply to all resources: for admins, and for everybody on a server without tokens. */
export const isAdmin = ({ scopes }: Caller): boolean => scopes.includes('admin')

export function mayChange(caller: Caller, { owner, team = null, shared = false }: Owner): boolean {
  const isOwn = owner !== null && owner === caller.tokenId
  const isOfTeam = team !== null && team === caller.team
  return isAdmin(caller) || shared || isOwn || isOfTeam
}

/** A resource that the caller may not see does not exist for it. */
export const maySee = (caller: Caller, thing: Owner): boolean => caller.seesAll || mayChange(caller, thing)

/** The owner of a volume or a network. A foreign one belongs to no token, and is shared if the policy names it. */
export function ownerOfNamed(facts: Owner & { managed: boolean }, isNamed: boolean): Owner {
  return facts.managed ? facts : { owner: null, shared: isNamed }
}

type Container = { berth: Owner }
const everything = () => true

/** Selects the containers that the caller may see. */
export function seenBy(caller: Caller): (container: Container) => boolean {
  return caller.seesAll ? everything : ({ berth }) => maySee(caller, berth)
}

/** Throws for a resource that the caller sees but may not change. `what` names it: `Container web`. */
export function checkMayChange(caller: Caller, thing: Owner, what: string): void {
  if (mayChange(caller, thing)) return
  throw new AppError(
    'FORBIDDEN',
    `${what} does not belong to the token "${caller.name}". Ask its owner, or use a token with the scope "admin".`
  )
}
