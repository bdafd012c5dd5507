// The map of host ports, in the terminal.

import type { PortOverview } from '../../client/api.ts'
import { command, type Command } from '../command.ts'
import { table, type Style } from '../style.ts'

type Port = PortOverview['ports'][number]
type State = Port['state']

const ACROSS = 64
const CELLS: Record<State, { cell: string; paint: keyof Style; means: string }> = {
  free: { cell: '·', paint: 'dim', means: 'nobody has it' },
  leased: { cell: '◌', paint: 'blue', means: 'a container is being made with it' },
  bound: { cell: '■', paint: 'green', means: 'its container runs' },
  parked: { cell: '□', paint: 'yellow', means: 'its container is stopped' },
  blocked: { cell: '×', paint: 'red', means: 'somebody else has it' },
  reserved: { cell: '−', paint: 'dim', means: 'never given out' }
}

const ports = command({
  name: 'ports',
  about: 'Show which host ports are free, and who uses the others.',
  examples: [
    ['berth ports', 'the map, and who holds what'],
    ['berth ports --json', 'each port with its state']
  ],
  options: { udp: { type: 'boolean', about: 'Show UDP instead of TCP.' } },
  async run(session, { values: { udp = false } }) {
    const overview = await session.berth.getPorts()
    session.show(overview, () => portMap(overview, udp ? 'udp' : 'tcp', session.style))
  }
})

function portMap(
  { ports, available_range: range, counts, udp_counts: udp }: PortOverview,
  protocol: Port['protocol'],
  style: Style
): string {
  const known = new Map(ports.filter((port) => port.protocol === protocol).map((port) => [port.port, port]))
  const [first = 0, last = 0] = range.split('-').map(Number)
  const lines: string[] = []
  for (let start = first; start <= last; start += ACROSS) {
    let cells = ''
    for (let port = start; port < start + ACROSS && port <= last; port++) {
      const { cell, paint } = CELLS[known.get(port)?.state ?? 'free']
      cells += style[paint](cell)
    }
    lines.push(`${style.dim(String(start).padStart(5))}  ${cells}`)
  }
  const count = protocol === 'udp' ? udp : counts
  const legend = (Object.keys(CELLS) as State[])
    .filter((state) => count[state] > 0)
    .map((state) => `${style[CELLS[state].paint](CELLS[state].cell)} ${count[state]} ${state}: ${CELLS[state].means}`)
  const held = [...known.values()].filter(({ state }) => state !== 'free')
  const rows = held.map(({ port, state, holder, reason }) => [String(port), state, holder?.name ?? reason ?? ''])
  const list = rows.length === 0 ? [] : ['', table(['PORT', 'STATE', 'WHO'], rows, style)]
  return [...lines, '', ...legend, ...list].join('\n')
}

export const portCommands: readonly Command[] = [ports]
