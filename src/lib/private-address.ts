// Addresses that lead to this machine, to private networks or nowhere, and not to the internet. Pure.

import { BlockList, isIP } from 'node:net'

export const PRIVATE_IPV4: readonly string[] = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '224.0.0.0/3'
]

const NETWORKS: [family: 'ipv4' | 'ipv6', networks: readonly string[]][] = [
  ['ipv4', PRIVATE_IPV4],
  // The last three embed IPv4 addresses: NAT64, 6to4 and Teredo.
  ['ipv6', ['::/96', 'fc00::/7', 'fe80::/10', 'fec0::/10', 'ff00::/8', '64:ff9b::/32', '2002::/16', '2001::/32']]
]

const PRIVATE = new BlockList()
for (const [family, networks] of NETWORKS)
  for (const network of networks) {
    const [net = '', prefix] = network.split('/')
    PRIVATE.addSubnet(net, Number(prefix), family)
  }

export function isPrivateAddress(address: string): boolean {
  return PRIVATE.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}
