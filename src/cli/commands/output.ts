// The output of containers: logs, statistics, events.

import type { BerthEvent, ContainerStats } from '../../client/api.ts'
import { bytes, percent } from '../../lib/format.ts'
import { command, type Command } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import type { Session } from '../session.ts'
import { table, type Style } from '../style.ts'

type LogOptions = { tail?: string; since?: string; timestamps?: boolean }

const logs = command({
  name: 'logs',
  args: '<container>',
  about: 'Show the output of a container.',
  more: 'What it wrote to its stderr goes to stderr. After a lost connection --follow goes on after the last line.',
  examples: [
    ['berth logs web --tail 20', 'the last lines'],
    ['berth logs -f web', 'as they come, until it ends']
  ],
  completes: 'container',
  options: {
    follow: { type: 'boolean', short: 'f', about: 'Follow the output until the container ends.' },
    tail: {
      type: 'string',
      short: 'n',
      value: 'LINES',
      about: 'Number of last lines; "all" for all. Defaults to 1000.'
    },
    since: { type: 'string', value: 'TIME', about: 'Only since then: 10m, or 2026-01-31T12:00:00Z.' },
    timestamps: { type: 'boolean', short: 't', about: 'The time before each line.' }
  },
  async run(session, { args: [id = ''], values: { follow = false, ...options } }) {
    if (follow) return (await followLogs(session, id, options), EXIT.done)
    const { lines } = await session.berth.getContainerLogs({ id, format: 'json', ...only(options) })
    for (const line of lines) write(session, line.stream, line, options)
    return EXIT.done
  }
})

/** Until the container ends; its exit code, where it has one. */
export async function followLogs(session: Session, id: string, options: LogOptions = {}): Promise<number | undefined> {
  const { berth, signal, note } = session
  const given = { id, follow: true, ...only(options) }
  const onLost = () => note('berth: the connection was lost; trying again')
  for await (const event of berth.stream('getContainerLogs', given, { signal, onLost })) {
    if (event.event === 'end') {
      if (event.data.code !== undefined) note(`berth: ${event.data.reason}`)
      const { exit_code: code } = event.data as { exit_code?: number | null }
      return code ?? undefined
    }
    write(session, event.event, event.data, options)
  }
  return undefined
}

const only = ({ tail, since }: LogOptions) => ({
  ...(tail !== undefined && { tail }),
  ...(since !== undefined && { since })
})

type Line = { timestamp: string; line: string }

function write({ json, out, err }: Session, stream: 'stdout' | 'stderr', line: Line, { timestamps }: LogOptions): void {
  if (json) out.write(`${JSON.stringify({ stream, ...line })}\n`)
  else (stream === 'stdout' ? out : err).write(`${timestamps ? `${line.timestamp} ` : ''}${line.line}\n`)
}

const stats = command({
  name: 'stats',
  args: '[container...]',
  about: 'Show the resource usage of containers: CPU, memory, network, disk.',
  more: 'On a terminal the table is drawn anew each second, as "docker stats" does; elsewhere it is shown once.',
  examples: [
    ['berth stats', 'all that run, live'],
    ['berth stats web --no-stream --json', 'one sample for a script']
  ],
  completes: 'container',
  options: { 'no-stream': { type: 'boolean', about: 'Print one sample and exit.' } },
  async run(session, { args, values }) {
    const { berth, signal, out, json } = session
    const isAsked = ({ name, container_id: id }: ContainerStats) =>
      args.length === 0 || args.some((each) => each === name || id.startsWith(each))
    // One that is not there is an error, and not an empty table.
    for (const id of args) await berth.getContainer({ id })
    if (values['no-stream'] || (!out.isTTY && !json)) {
      const { containers } = await berth.getAllStats()
      session.show(containers.filter(isAsked), (rows) => statsTable(rows, session.style))
      return EXIT.done
    }
    const { draw } = await import('../watch.ts')
    for await (const event of berth.stream('streamAllStats', {}, { signal })) {
      if (event.event !== 'stats') continue
      const rows = event.data.containers.filter(isAsked)
      if (json) session.row(rows, String)
      else draw(out, statsTable(rows, session.style))
    }
    return EXIT.done
  }
})

function statsTable(containers: ContainerStats[], style: Style): string {
  const rows = containers.map((each) => [
    style.bold(each.name),
    percent(each.cpu_percent),
    `${bytes(each.memory_bytes)} / ${each.memory_limit_bytes === null ? 'no limit' : bytes(each.memory_limit_bytes)}`,
    `${bytes(each.network_rx_bytes)} / ${bytes(each.network_tx_bytes)}`,
    `${bytes(each.block_read_bytes)} / ${bytes(each.block_write_bytes)}`,
    String(each.pids)
  ])
  return table(['NAME', 'CPU', 'MEMORY / LIMIT', 'NET IN / OUT', 'DISK READ / WRITTEN', 'PIDS'], rows, style)
}

const events = command({
  name: 'events',
  about: 'Stream events.',
  examples: [
    ['berth events', 'everything'],
    ['berth events --type container --since 1h', 'of containers, from an hour ago'],
    ['berth events --type build.finished --json', 'a line of JSON for each']
  ],
  options: {
    type: { type: 'string', multiple: true, value: 'TYPE', about: 'Only this type, or group of types.' },
    container: { type: 'string', value: 'NAME', about: 'Only this container.' },
    label: { type: 'string', multiple: true, value: 'LABEL', about: 'Only containers with this label.' },
    since: { type: 'string', value: 'TIME', about: 'Start with events since then, as far as they are known.' }
  },
  async run(session, { values: { type, container, label, since } }) {
    const given = {
      ...(type && { type }),
      ...(label && { label }),
      ...(container !== undefined && { container }),
      ...(since !== undefined && { since })
    }
    const onLost = () => session.note('berth: the connection was lost; trying again')
    for await (const { data } of session.berth.stream('streamEvents', given, { signal: session.signal, onLost }))
      session.row(data, (event) => eventLine(event, session.style))
    return EXIT.done
  }
})

function eventLine({ type, time, ...rest }: BerthEvent, style: Style): string {
  const said = Object.entries(rest)
    .filter(([, value]) => value !== null && typeof value !== 'object')
    .map(([name, value]) => `${style.dim(`${name}=`)}${String(value)}`)
  return [style.dim(time ?? ''), style.bold(type ?? ''), ...said].filter(Boolean).join('  ')
}

export const outputCommands: readonly Command[] = [logs, stats, events]
