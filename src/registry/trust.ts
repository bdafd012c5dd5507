// Whether the engine would speak to a registry without TLS, or without checking its certificate. Pure. The engine's own list
// decides, which does not always include loopback.

import { BlockList, isIP } from 'node:net'

const LOOPBACK = ['127.0.0.0/8', '::1/128']

/** `insecure`: networks and hosts, `:*` for every port of a host; null if the engine does not say. */
export function isTrustedWithoutTls(registry: string, insecure: readonly string[] | null): boolean {
  const named = insecure ?? LOOPBACK
  const { hostname } = new URL(`http://${registry}`)
  if (named.includes(registry) || named.includes(`${hostname}:*`)) return true
  const address = hostname === 'localhost' ? '127.0.0.1' : hostname.replaceAll(/^\[|\]$/g, '')
  const family = familyOf(address)
  return family !== undefined && networksOf(named).check(address, family)
}

function networksOf(entries: readonly string[]): BlockList {
  const networks = new BlockList()
  for (const entry of entries) {
    const [net = '', prefix] = entry.split('/')
    const family = familyOf(net)
    if (family !== undefined && prefix !== undefined) networks.addSubnet(net, Number(prefix), family)
  }
  return networks
}

function familyOf(address: string): 'ipv4' | 'ipv6' | undefined {
  return ({ 4: 'ipv4', 6: 'ipv6' } as const)[isIP(address)]
}
