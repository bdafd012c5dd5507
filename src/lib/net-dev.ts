/** Bytes of each network interface since it exists. */
export type Traffic = Record<string, { rxBytes: number; txBytes: number }>

const NET_DEV_TX_BYTES = 8

/** /proc/<pid>/net/dev without the loopback interface, and without interfaces that never carried anything. */
export function parseNetDev(text: string): Traffic {
  const networks: Traffic = {}
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':')
    if (colon === -1) continue
    const name = line.slice(0, colon).trim()
    if (name === 'lo') continue
    const fields = line
      .slice(colon + 1)
      .trim()
      .split(/\s+/)
    const [rxBytes, txBytes] = [Number(fields[0]), Number(fields[NET_DEV_TX_BYTES])]
    if (rxBytes > 0 || txBytes > 0 || name.startsWith('eth')) networks[name] = { rxBytes, txBytes }
  }
  return networks
}
