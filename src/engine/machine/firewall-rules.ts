// The rules that isolate the bridges of owners, for iptables-restore. They are in the table `mangle`: the engine, firewalld
// and ufw leave it alone, it comes before the rules that accept, and it sees published ports after their translation. Pure.

import { PRIVATE_IPV4 } from '../../lib/private-address.ts'
import type { Reach } from '../../lib/reach.ts'
import { BRIDGE_PREFIX } from '../network-names.ts'

const BRIDGES = `${BRIDGE_PREFIX}+`
const CHAINS = { FORWARD: 'BERTH-FORWARD', INPUT: 'BERTH-INPUT' } as const
type Hook = keyof typeof CHAINS
const HOOKS = Object.keys(CHAINS) as Hook[]

const jump = (hook: Hook): string => `${hook} -i ${BRIDGES} -j ${CHAINS[hook]}`

export type Rules = Record<Hook, string[]>

// Replies to clients of a published port. Workloads cannot fake them, since the first packet decides the direction.
const REPLIES = '-m conntrack --ctstate RELATED,ESTABLISHED --ctdir REPLY -j RETURN'
// Two containers on one bridge, where the kernel shows such packets to iptables at all.
const SAME_BRIDGE = `-o ${BRIDGES} -m physdev --physdev-is-bridged -j RETURN`

export function ipv4Rules(reach: readonly Reach[]): Rules {
  const port = ({ door }: Reach) => (door ? ` -p ${door.protocol} -m ${door.protocol} --dport ${door.port}` : '')
  const networks = reach.filter(({ network }) => network !== undefined)
  const ofHost = reach.filter(({ network }) => network === undefined)
  return {
    FORWARD: [
      REPLIES,
      SAME_BRIDGE,
      // Before the addresses of the policy, which may include networks of the engine.
      `-o ${BRIDGES} -j DROP`,
      ...networks.map((each) => `-d ${each.network}${port(each)} -j RETURN`),
      ...PRIVATE_IPV4.map((network) => `-d ${network} -j DROP`)
    ],
    INPUT: [REPLIES, ...ofHost.map((each) => `${port(each).trim()} -j RETURN`), '-j DROP']
  }
}

/** The bridges have no IPv6, so all IPv6 traffic is dropped. */
export const IPV6_RULES: Rules = { FORWARD: [SAME_BRIDGE, '-j DROP'], INPUT: ['-j DROP'] }

/** Replaces the rules listed by `iptables -t mangle -S` in one step. */
export function restoreText(rules: Rules, listing: string): string {
  return [
    '*mangle',
    ...HOOKS.map((hook) => `:${CHAINS[hook]} - [0:0]`),
    ...HOOKS.flatMap((hook) => linesOf(listing, `-A ${jump(hook)}`).map(() => `-D ${jump(hook)}`)),
    ...HOOKS.flatMap((hook) => rules[hook].map((rule) => `-A ${CHAINS[hook]} ${rule}`)),
    ...HOOKS.map((hook) => `-I ${jump(hook)}`),
    'COMMIT',
    ''
  ].join('\n')
}

/** The relevant parts of a listing: the first rule of each hook, and our chains. */
export function standingOf(listing: string): string[] {
  const firsts = HOOKS.flatMap((hook) => linesOf(listing, `-A ${hook} `).slice(0, 1))
  return [...firsts, ...HOOKS.flatMap((hook) => linesOf(listing, `-A ${CHAINS[hook]} `))]
}

/** Whether it matches the expected rules; the kernel may write a rule in another form. */
export function isWhole(standing: string[], rules: Rules): boolean {
  const isFirst = HOOKS.every((hook) => standing.includes(`-A ${jump(hook)}`))
  return isFirst && standing.length === HOOKS.length + rules.FORWARD.length + rules.INPUT.length
}

const linesOf = (listing: string, start: string): string[] =>
  listing.split('\n').filter((line) => line.startsWith(start))
