// Groups addresses for counting. Pure.

import { isIPv6 } from 'node:net'

/** One host for IPv4. For IPv6 its /64 network, since one host may use all of its addresses. */
export function hostOf(address: string): string {
  if (!address.includes(':')) return address
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  const bare = address.split('%', 1)[0] ?? ''
  if (!isIPv6(bare)) return address
  const [head = '', tail] = bare.toLowerCase().split('::', 2)
  const groups = head === '' ? [] : head.split(':')
  const missing = tail === undefined ? [] : Array<string>(8).fill('0')
  return [...groups, ...missing]
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')
}
