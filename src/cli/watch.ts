// `berth ps --watch`: the list with CPU and memory, redrawn with each sample.

import type { Calls, Container, ContainerStats } from '../client/api.ts'
import { bytes, percent } from '../lib/format.ts'
import { EXIT } from './exit-codes.ts'
import type { Session } from './session.ts'
import { stateOf } from './state-of.ts'
import { cut, sparkline, table, type Style } from './style.ts'

const POINTS = 20

export async function watch(session: Session, given: Calls['listContainers']['given']): Promise<number> {
  const { berth, signal, json, out, style, row } = session
  let containers = await berth.listContainers(given, { signal })
  const cpu = new Map<string, number[]>()
  let isOld = false
  const changes = follow(session, () => (isOld = true))
  try {
    for await (const event of berth.stream('streamAllStats', {}, { signal })) {
      if (event.event !== 'stats') continue
      if (isOld) {
        isOld = false
        containers = await berth.listContainers(given, { signal })
      }
      const samples = new Map(event.data.containers.map((each) => [each.container_id, each]))
      if (json) row({ sampled_at: event.data.sampled_at, containers: rowsAsJson(containers, samples) }, String)
      else draw(out, watchTable(containers, samples, cpu, style))
    }
  } finally {
    await changes
  }
  return EXIT.done
}

/** Until Ctrl-C, or until the server refuses it, which the stream of statistics says as well. */
async function follow({ berth, signal }: Session, onChange: () => void): Promise<void> {
  try {
    for await (const _ of berth.stream('streamEvents', { type: ['container'] }, { signal })) onChange()
  } catch {}
}

const rowsAsJson = (containers: Container[], samples: Map<string, ContainerStats>) =>
  containers.map((each) => ({ ...each, stats: samples.get(each.id) ?? null }))

/** Pure, except for the CPU points that it keeps for the next drawing. */
export function watchTable(
  containers: Container[],
  samples: Map<string, ContainerStats>,
  cpu: Map<string, number[]>,
  style: Style
): string {
  const rows = containers.map(({ id, name, state, health, url }) => {
    const sample = samples.get(id)
    const points = [...(cpu.get(id) ?? []), sample?.cpu_percent ?? 0].slice(-POINTS)
    cpu.set(id, points)
    const figures = sample
      ? [
          percent(sample.cpu_percent),
          style.blue(sparkline(points, POINTS, Math.max(100, ...points))),
          bytes(sample.memory_bytes)
        ]
      : ['', '', '']
    return [style.bold(name), stateOf({ state, health }, style), ...figures, url ?? '']
  })
  return table(['NAME', 'STATE', 'CPU', `LAST ${POINTS} S`.padEnd(POINTS), 'MEMORY', 'URL'], rows, style)
}

/** Drawn over the previous output, as far as the terminal has room. */
export function draw(out: Session['out'], text: string): void {
  const { rows, columns } = out
  const lines = text
    .split('\n')
    .slice(0, (rows || Number.POSITIVE_INFINITY) - 1)
    .map((line) => cut(line, columns || Number.POSITIVE_INFINITY))
  const head = out.isTTY ? '\u001B[H\u001B[0J' : ''
  out.write(`${head}${lines.join('\n')}\n`)
}
