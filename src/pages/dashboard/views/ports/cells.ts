// The whole range as cells, in order. Pure.

import type { PortOverview } from '../../../../client/api.ts'

type Entry = PortOverview['ports'][number]
export type PortState = Entry['state']
export type Cell = { port: number; state: PortState; holder: Entry['holder']; reason: string | null }

export const STATES: { state: PortState; label: string; about: string }[] = [
  { state: 'free', label: 'free', about: 'Not in use.' },
  { state: 'bound', label: 'bound', about: 'A running container answers here.' },
  { state: 'leased', label: 'leased', about: 'Held for a create in progress.' },
  { state: 'parked', label: 'parked', about: 'Kept for a stopped container.' },
  { state: 'blocked', label: 'blocked', about: 'Another program listens here.' },
  { state: 'reserved', label: 'reserved', about: 'Never assigned.' }
]

export function cellsOf({ available_range: range, ports }: PortOverview): Cell[] {
  const [first = 0, last = 0] = range.split('-').map(Number)
  const known = new Map(ports.filter(({ protocol }) => protocol === 'tcp').map((entry) => [entry.port, entry]))
  return Array.from({ length: last - first + 1 }, (_, index) => {
    const port = first + index
    return known.get(port) ?? { port, state: 'free', holder: null, reason: null }
  })
}

/** The target of an arrow key in a map with that many columns. */
export function step(key: string, index: number, columns: number, count: number): number | undefined {
  const steps: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }
  if (key === 'Home') return 0
  if (key === 'End') return count - 1
  const by = steps[key]
  const next = by === undefined ? -1 : index + by
  return next >= 0 && next < count ? next : undefined
}
