// The registries that the engine may contact for a caller, and the callers who may use the operator's logins.
// docs/decisions/090-registries-are-a-list.md

import { lookup } from 'node:dns/promises'
import { namesOf, type Caller } from '../access/caller.ts'
import type { RegistryList } from '../access/policy.ts'
import { AppError, type FieldProblem } from '../errors.ts'
import { isPrivateAddress } from '../lib/private-address.ts'
import { DOCKER_HUB, parseReference } from '../lib/reference.ts'

export type Use = 'pull' | 'push'
export type RegistryRules = ReturnType<typeof createRegistryRules>

/** In the policy: every registry of the internet. */
const ANY = '*'
const IMAGE_ID = /^(sha256:)?[0-9a-f]{64}$/

export function createRegistryRules({
  list,
  usual,
  holderOf,
  addressesOf = resolve
}: {
  /** From the policy. If absent, everybody except admins may use only the usual ones. */
  list: RegistryList | undefined
  /** Docker Hub aside, those that the operator has named elsewhere. */
  usual: () => string[]
  /** The caller with this token id, if it is valid; null if no token is needed. */
  holderOf: (owner: string | null) => Caller | undefined
  addressesOf?: (host: string) => Promise<string[]>
}) {
  const isAdmin = (owner: string | null) => holderOf(owner)?.scopes.includes('admin') ?? false

  async function problemOf(registry: string, named: Set<string>): Promise<string | undefined> {
    if (named.has(registry)) return undefined
    if (!named.has(ANY)) return 'is not among those that may be used'
    const { hostname } = new URL(`http://${registry}`)
    const addresses = await addressesOf(hostname.replaceAll(/^\[|\]$/g, ''))
    if (addresses.length === 0) return 'has no address'
    return addresses.some(isPrivateAddress) ? 'has an address that is not of the internet' : undefined
  }

  return {
    /** Whether there are registries that it may not use. */
    limits: (owner: string | null): boolean => list !== undefined || !isAdmin(owner),

    /** Throws if the engine would contact, or could be sent to, a registry that is not allowed. */
    async check(owner: string | null, references: string[]): Promise<void> {
      if (!list && isAdmin(owner)) return
      const named = new Set(list ? Object.keys(list) : [DOCKER_HUB, ...usual()])
      const problems: FieldProblem[] = []
      for (const reference of references.filter((each) => !IMAGE_ID.test(each))) {
        const registry = parseReference(reference)?.registry
        const problem = registry === undefined ? 'cannot be told' : await problemOf(registry, named)
        if (problem !== undefined)
          problems.push({ field: 'image', message: `"${reference}": its registry ${registry ?? ''} ${problem}` })
      }
      if (problems.length === 0) return
      const detail = problems.map(({ message }) => message.replace(/ {2,}/g, ' ')).join('; ')
      throw new AppError('POLICY_REFUSED', `${detail}. The operator names registries in the policy.`, {
        fields: problems
      })
    },

    mayUseLogin(owner: string | null, registry: string, use: Use): boolean {
      if (isAdmin(owner)) return true
      const caller = holderOf(owner)
      const users = (list?.[registry] ?? list?.[ANY])?.[use] ?? []
      return caller !== undefined && namesOf(caller).some((name) => users.includes(name))
    }
  }
}

/** Empty for a name that leads nowhere. */
async function resolve(host: string): Promise<string[]> {
  const found = await lookup(host, { all: true }).catch(() => [])
  return found.map(({ address }) => address)
}
