// The machine's name servers that isolated workloads cannot reach: the engine queries them from within the container.

import { readFileSync } from 'node:fs'
import { isIPv4 } from 'node:net'
import { isPrivateAddress } from '../../lib/private-address.ts'
import { covers, type Reach } from '../../lib/reach.ts'

// The engine uses the second if the first only names a resolver on loopback.
const FILES = ['/etc/resolv.conf', '/run/systemd/resolve/resolv.conf']
const DNS = 53

export function hiddenResolvers(reach: readonly Reach[]): string[] {
  const servers = FILES.map((file) => resolversIn(read(file))).find((found) => found.length > 0) ?? []
  return servers.filter((address) => isPrivateAddress(address) && !covers(reach, address, DNS))
}

/** Leaves out those on loopback, which the engine itself queries and reaches. Pure. */
export function resolversIn(text: string): string[] {
  const servers = [...text.matchAll(/^[ \t]*nameserver[ \t]+(\S+)/gm)].map(([, address = '']) => address)
  return servers.filter((address) => isIPv4(address) && !address.startsWith('127.'))
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
