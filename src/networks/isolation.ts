// The networks of owners, if the policy isolates them. Pure.

import { createHash, randomBytes } from 'node:crypto'
import type { Caller } from '../access/caller.ts'
import type { NetworkRecord } from '../engine/contract/networks.ts'
import { readFacts } from '../engine/labels.ts'
import { BRIDGE_PREFIX } from '../engine/network-names.ts'

// With the prefix, the maximum length of an interface name.
const MARK_BYTES = 5
const OWN = /^berth-[0-9a-f]{10}$/

/** A team shares one, and so do all callers without a token of the database. */
export function ownNetwork({ team, tokenId }: Caller, instanceId: string): { name: string; bridge: string } {
  const owner = JSON.stringify([instanceId, team ?? null, team ? null : tokenId])
  const mark = createHash('sha256')
    .update(owner)
    .digest('hex')
    .slice(0, MARK_BYTES * 2)
  return { name: `berth-${mark}`, bridge: BRIDGE_PREFIX + mark }
}

/** Whether Berth itself assigns such names. */
export const isOwnName = (name: string): boolean => OWN.test(name)

/** Whether the firewall isolates it. */
export const isWalled = ({ bridge }: NetworkRecord): boolean => bridge?.startsWith(BRIDGE_PREFIX) ?? false

export const newBridge = (): string => BRIDGE_PREFIX + randomBytes(MARK_BYTES).toString('hex')

/** The reason why a container of the caller may not join it. This includes admins, whose container would be among others'. */
export function whyApart({ team, tokenId }: Caller, network: NetworkRecord): string | undefined {
  const { name, labels } = network
  const facts = readFacts(labels)
  const isTheirs = facts.managed && (team ? facts.team === team : !facts.team && facts.owner === tokenId)
  if (!isTheirs) return `cannot be "${name}": owners are isolated, and this network is not of this token or its team`
  if (isWalled(network)) return undefined
  return `cannot be "${name}": it is from before owners were isolated; remove it and create it again`
}
