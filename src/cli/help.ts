// The output of `--help`, for all commands and for one. Pure.

import { COMMON_OPTIONS, type Command, type Option, type Options } from './command.ts'

export const GROUPS: [title: string, names: RegExp][] = [
  ['The server', /^(serve|up|down|doctor|context|mcp)\b/],
  ['Containers', /^(run|ps|inspect|start|stop|restart|rm|logs|stats|exec|attach|cp|ports)\b/],
  ['Images', /^(build|images|pull|push)\b/],
  ['Who did what', /^(events|tokens|audit)\b/],
  ['This command', /^completion\b/]
]

export function overview(commands: readonly Command[], version: string): string {
  const sections = GROUPS.map(([title, names]) => {
    const rows = commands.filter(({ name }) => names.test(name)).map(({ name, about }) => [name, about] as const)
    return `${title}:\n${columns(rows)}`
  })
  return `berth ${version}: runs, watches and builds containers.

Usage: berth <command> [options]

${sections.join('\n\n')}

"berth <command> --help" shows the options of a command, with examples.
BERTH_URL and BERTH_TOKEN say which server is asked, and with which token.`
}

export function helpOf(command: Command): string {
  const { name, args = '', about, more, examples, options = {}, ownOptions } = command
  const usage = ['berth', name, '[options]', args].filter(Boolean).join(' ')
  const own = Object.keys(options).length > 0 ? `\n\nOptions:\n${columns(rowsOf(options))}` : ''
  const settings = ownOptions
    ? '\n\nEvery setting of the server is an option: BERTH_PORT is --port. docs/settings.md lists them.'
    : ''
  return `${about}${more === undefined ? '' : `\n${more}`}

Usage: ${usage}

Examples:
${columns(examples)}${own}${settings}

With every command:
${columns(rowsOf(COMMON_OPTIONS))}`
}

export function rowsOf(options: Options): [string, string][] {
  return Object.entries(options).map(([name, option]) => [flagOf(name, option), option.about])
}

function flagOf(name: string, { short, value, type }: Option): string {
  const long = type === 'boolean' ? `--${name}` : `--${name} ${value ?? 'TEXT'}`
  return short === undefined ? long : `-${short}, ${long}`
}

function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`.trimEnd()).join('\n')
}
