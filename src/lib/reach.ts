// Addresses that isolated workloads may reach besides the internet: `10.1.2.0/24`, `10.1.2.3:5432`, `host:53/udp`. Pure.

import { BlockList, isIPv4 } from 'node:net'

type Port = { port: number; protocol: 'tcp' | 'udp' }
/** A network, or a port of it, or a port of the machine itself. */
export type Reach = { network: string; door?: Port | undefined } | { network: undefined; door: Port }

const FORM = /^(?<where>host|[\d.]+(?:\/\d{1,2})?)(?::(?<port>\d{1,5})(?:\/(?<protocol>tcp|udp))?)?$/
const LAST_PORT = 65_535
const WIDTH = 32

/** Undefined for any other form. */
export function parseReach(text: string): Reach | undefined {
  const { where = '', port, protocol = 'tcp' } = FORM.exec(text)?.groups ?? {}
  const door = port === undefined ? undefined : { port: Number(port), protocol: protocol as Port['protocol'] }
  if (door && (door.port < 1 || door.port > LAST_PORT)) return undefined
  if (where === 'host') return door && { network: undefined, door }
  const [address = '', prefix = String(WIDTH)] = where.split('/')
  if (!isIPv4(address) || Number(prefix) > WIDTH) return undefined
  return { network: `${address}/${Number(prefix)}`, door }
}

/** Whether both TCP and UDP reach that port of an address. */
export function covers(reach: readonly Reach[], address: string, port: number): boolean {
  return (['tcp', 'udp'] as const).every((protocol) =>
    reach.some(({ network, door }) => {
      if (network === undefined || (door && (door.port !== port || door.protocol !== protocol))) return false
      const [base = '', prefix] = network.split('/')
      const list = new BlockList()
      list.addSubnet(base, Number(prefix))
      return list.check(address)
    })
  )
}
