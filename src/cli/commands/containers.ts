// Containers: listed, changed, removed.

import type { Calls, ChangedContainer, Container, RemovedContainer } from '../../client/api.ts'
import { ago } from '../../lib/format.ts'
import { command, type Command } from '../command.ts'
import { inWords } from '../errors.ts'
import { EXIT, exitCodeOf } from '../exit-codes.ts'
import type { Session } from '../session.ts'
import { stateOf } from '../state-of.ts'
import { table, type Style } from '../style.ts'

const ps = command({
  name: 'ps',
  about: 'List containers.',
  examples: [
    ['berth ps', 'what runs'],
    ['berth ps --all --filter team=red', 'everything with that label'],
    ['berth ps --watch', 'a live table with CPU and memory']
  ],
  options: {
    all: { type: 'boolean', short: 'a', about: 'Include containers that are not running.' },
    filter: {
      type: 'string',
      short: 'f',
      value: 'LABEL',
      multiple: true,
      about: 'Only with this label: NAME or NAME=VALUE.'
    },
    name: { type: 'string', value: 'TEXT', about: 'Only names that contain this.' },
    quiet: { type: 'boolean', short: 'q', about: 'Only ids.' },
    watch: { type: 'boolean', short: 'w', about: 'Stay, and show CPU and memory as they change.' }
  },
  async run(session, { values: { all, filter, name, quiet, watch } }) {
    const given: Calls['listContainers']['given'] = {
      ...(!all && { state: 'running' }),
      ...(filter && { label: filter }),
      ...(name !== undefined && { name })
    }
    if (watch) return (await import('../watch.ts')).watch(session, given)
    const containers: Container[] = []
    for await (const each of session.berth.each('listContainers', given)) containers.push(each)
    session.show(containers, () =>
      quiet ? containers.map(({ id }) => id).join('\n') : listOf(containers, session.style, Date.now())
    )
    return EXIT.done
  }
})

function listOf(containers: Container[], style: Style, now: number): string {
  const rows = containers.map(({ name, id, state, health, image, url, ports, created }) => [
    style.bold(name),
    id,
    stateOf({ state, health }, style),
    image,
    url ?? Object.values(ports).join(', '),
    ago(Date.parse(created), now)
  ])
  return table(['NAME', 'ID', 'STATE', 'IMAGE', 'URL', 'CREATED'], rows, style)
}

const inspect = command({
  name: 'inspect',
  args: '<container...>',
  about: 'Show everything about containers, as JSON.',
  examples: [['berth inspect web', 'its limits, ports, networks and volumes']],
  completes: 'container',
  async run({ berth, row }, { args }) {
    for (const id of args) row(await berth.getContainer({ id }), (found) => JSON.stringify(found, null, 2))
  }
})

type Change = { name: string; about: string; example: [string, string]; hasTimeout?: boolean }
type Done = ChangedContainer | RemovedContainer

/** Each container separately: a failed change does not stop the others. */
async function forEach(session: Session, ids: string[], change: (id: string) => Promise<Done>): Promise<number> {
  let code: number = EXIT.done
  for (const id of ids) {
    try {
      session.row(await change(id), ({ name }) => name)
    } catch (error) {
      session.err.write(inWords(error, session))
      code ||= exitCodeOf(error)
    }
  }
  return code
}

function changeCommand(
  { name, about, example }: Change,
  change: (session: Session, given: { id: string; timeout?: number }) => Promise<Done>
): Command {
  return command({
    name,
    args: '<container...>',
    about,
    examples: [example],
    completes: 'container',
    options: {
      ...(name !== 'start' && {
        time: { type: 'string', short: 't', value: 'SECONDS', about: 'Time to stop before it is killed.' }
      })
    },
    run: (session, { args, values }) => {
      const { time } = values as { time?: string }
      return forEach(session, args, (id) =>
        change(session, { id, ...(time !== undefined && { timeout: Number(time) }) })
      )
    }
  })
}

const rm = command({
  name: 'rm',
  args: '<container...>',
  about: 'Remove containers.',
  examples: [
    ['berth rm web', 'one that has stopped'],
    ['berth rm --force web db', 'also if they run']
  ],
  completes: 'container',
  options: { force: { type: 'boolean', short: 'f', about: 'Even if it is running.' } },
  run: (session, { args, values: { force = false } }) =>
    forEach(session, args, (id) => session.berth.removeContainer({ id, force }))
})

export const containerCommands: readonly Command[] = [
  ps,
  inspect,
  changeCommand(
    {
      name: 'start',
      about: 'Start containers.',
      example: ['berth start web', 'on its old port, or on another that is free']
    },
    ({ berth }, { id }) => berth.startContainer({ id })
  ),
  changeCommand(
    { name: 'stop', about: 'Stop containers.', example: ['berth stop web --time 30', 'it has half a minute'] },
    ({ berth }, given) => berth.stopContainer(given)
  ),
  changeCommand(
    { name: 'restart', about: 'Restart containers.', example: ['berth restart web', 'stop, then start'] },
    ({ berth }, given) => berth.restartContainer(given)
  ),
  rm
]
