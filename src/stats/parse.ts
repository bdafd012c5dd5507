// The kernel's text files, read into numbers. Pure.

export type BlockCounters = { blockReadBytes: number; blockWriteBytes: number }

/** "name value" on each line. */
export function parseKeyValues(text: string): Map<string, number> {
  const values = new Map<string, number>()
  for (const line of text.split('\n')) {
    const space = line.indexOf(' ')
    if (space > 0) values.set(line.slice(0, space), Number(line.slice(space + 1)))
  }
  return values
}

export function parseCpuV2(stat: string): number {
  return (parseKeyValues(stat).get('usage_usec') ?? Number.NaN) * 1000
}

/** "8:0 Read 4096"; kernels differ in the spelling of the word. */
export function parseBlockV1(text: string): BlockCounters {
  const counters = { blockReadBytes: 0, blockWriteBytes: 0 }
  for (const line of text.split('\n')) {
    const [device, operation, bytes] = line.split(' ')
    if (!device?.includes(':') || bytes === undefined) continue
    if (operation?.toLowerCase() === 'read') counters.blockReadBytes += Number(bytes)
    if (operation?.toLowerCase() === 'write') counters.blockWriteBytes += Number(bytes)
  }
  return counters
}

/** "8:0 rbytes=4096 wbytes=0 …" */
export function parseBlockV2(text: string): BlockCounters {
  const sum = (name: string) =>
    [...text.matchAll(new RegExp(`\\b${name}=(\\d+)`, 'g'))].reduce((total, match) => total + Number(match[1]), 0)
  return { blockReadBytes: sum('rbytes'), blockWriteBytes: sum('wbytes') }
}
