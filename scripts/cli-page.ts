// docs/cli.md, generated from the commands themselves.

import { COMMON_OPTIONS } from '../src/cli/command.ts'
import { COMMANDS } from '../src/cli/commands.ts'
import { EXIT_MEANINGS } from '../src/cli/exit-codes.ts'
import { GROUPS, rowsOf } from '../src/cli/help.ts'

const HEAD = `# The command line

\`berth\` asks a server over its REST API and can do nothing that the API cannot. "npm run berth --" is the same in a clone.

\`\`\`sh
berth up                      # a server in the background, or: berth serve
berth run . --wait http       # the folder here, built and run; prints its URL
berth logs -f web
\`\`\`

## Which server

The first of these counts: \`--url\`, \`--context\`, \`BERTH_URL\`, \`BERTH_CONTEXT\`, the context in use
(\`berth context use\`), else the server of this machine, at the address that \`BERTH_SOCKET\`, or \`BERTH_HOST\` and
\`BERTH_PORT\`, say. A URL is \`http://…\`, \`https://…\` or \`unix:/path\`.

The token is that of the context's token file, else \`BERTH_TOKEN\`. Contexts are kept in \`~/.config/berth/contexts.json\`
(\`XDG_CONFIG_HOME\`), which only its user can read; tokens stay in their own files.

## What is printed

The result goes to stdout, everything else to stderr: \`berth tokens create ci --scopes read > token\` writes the token and no
more. \`--json\` prints JSON, one value a line for streams, and an error as a line of JSON on stderr, with its \`code\`.
Colours and live lines are for terminals, and respect \`NO_COLOR\`.

## Exit codes

| Code | Meaning |
|---|---|
`

const NOTE = `
\`exec\`, \`attach\` and \`run --follow\` end with the exit code of what they ran.
`

export function cliPage(): string {
  const codes = EXIT_MEANINGS.map(([code, meaning]) => `| ${code} | ${meaning} |`).join('\n')
  const groups = GROUPS.map(
    ([title, names]) =>
      `## ${title}\n\n${COMMANDS.filter(({ name }) => names.test(name))
        .map(section)
        .join('\n')}`
  )
  return `${HEAD}${codes}\n${NOTE}\n## With every command\n\n${options(COMMON_OPTIONS)}\n${groups.join('\n')}`
}

function section({
  name,
  args,
  about,
  more,
  examples,
  options: own = {},
  ownOptions
}: (typeof COMMANDS)[number]): string {
  const usage = ['berth', name, args].filter(Boolean).join(' ')
  const lines = examples.map(([line, does]) => `${line}    # ${does}`).join('\n')
  const settings = ownOptions
    ? '\nEvery setting is an option: `BERTH_PORT` is `--port`. [settings.md](settings.md) lists them.\n'
    : ''
  const table = Object.keys(own).length > 0 ? `\n${options(own)}` : ''
  return `### ${name}\n\n${about}${more === undefined ? '' : ` ${more}`}\n\n\`\`\`\n${usage}\n\`\`\`\n\n\`\`\`sh\n${lines}\n\`\`\`\n${table}${settings}`
}

function options(given: Parameters<typeof rowsOf>[0]): string {
  const rows = rowsOf(given).map(([flag, about]) => `| \`${flag}\` | ${about} |`)
  return `| Option | Meaning |\n|---|---|\n${rows.join('\n')}\n`
}
