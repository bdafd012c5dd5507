// Commands and terminals in containers.

import { command, type Command, type Given } from '../command.ts'
import { CommandError, EXIT, UsageError } from '../exit-codes.ts'
import type { Session } from '../session.ts'

const exec = command({
  name: 'exec',
  args: '<container> [command...]',
  about: 'Run a command in a container; exit with its exit code.',
  more: 'The server must have been started with BERTH_EXEC=true.',
  examples: [
    ['berth exec web node --version', 'its output as it comes'],
    ['echo "select 1" | berth exec -i db psql -U app', 'with input'],
    ['berth exec -it web sh', 'a terminal, as berth attach']
  ],
  words: 'after-first',
  completes: 'container',
  options: {
    interactive: { type: 'boolean', short: 'i', about: 'Send standard input.' },
    tty: { type: 'boolean', short: 't', about: 'Open a terminal.' },
    env: { type: 'string', short: 'e', multiple: true, value: 'NAME=VALUE', about: 'Environment variable.' },
    user: { type: 'string', short: 'u', value: 'NAME', about: 'User to run it as.' },
    workdir: { type: 'string', short: 'w', value: 'PATH', about: 'Working directory.' },
    timeout: { type: 'string', value: 'SECONDS', about: 'Abort it after this time.' }
  },
  async run(session, given) {
    const { values, words, args } = given
    if (words.length === 0) throw new UsageError('Say what to run: berth exec web node --version')
    if (values.tty) return attachTo(session, given)
    return runCommand(session, args[0] ?? '', { ...values, words })
  }
})

type Ran = {
  words: string[]
  interactive?: boolean | undefined
  env?: string[] | undefined
  user?: string | undefined
  workdir?: string | undefined
  timeout?: string | undefined
}

async function runCommand(
  session: Session,
  id: string,
  { words, interactive, env, user, workdir, timeout }: Ran
): Promise<number> {
  const { pairs } = await import('./images.ts')
  const { berth, signal, out, err, input } = session
  const body = {
    command: words,
    stream: true,
    ...(interactive && { stdin: await textOf(input) }),
    ...(env && { env: pairs(env) }),
    ...(user !== undefined && { user }),
    ...(workdir !== undefined && { working_dir: workdir }),
    ...(timeout !== undefined && { timeout_seconds: Number(timeout) })
  }
  for await (const event of berth.stream('execInContainer', { id, body }, { signal })) {
    if (event.event === 'end') {
      const { exit_code: code, reason } = event.data as { exit_code?: number; reason: string }
      if (code === undefined) throw new CommandError(reason)
      if (session.json) session.row({ exit_code: code }, String)
      return code
    }
    if (session.json) session.row({ stream: event.event, text: event.data.text }, String)
    else (event.event === 'stdout' ? out : err).write(event.data.text)
  }
  return EXIT.failed
}

async function textOf(input: Session['input']): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of input) pieces.push(Buffer.from(piece))
  return Buffer.concat(pieces).toString()
}

const attach = command({
  name: 'attach',
  args: '<container> [command...]',
  about: 'Open a terminal in a container.',
  more: 'Without a command: the best shell of the image. Ctrl-P Ctrl-Q leaves it open for a minute and says how to come back.',
  examples: [
    ['berth attach web', 'a shell'],
    ['berth attach web -- top', 'a program']
  ],
  words: 'after-first',
  completes: 'container',
  options: {
    session: { type: 'string', value: 'ID', about: 'Reattach to a detached terminal.' },
    user: { type: 'string', short: 'u', value: 'NAME', about: 'User to run it as.' }
  },
  run: attachTo
})

async function attachTo(
  session: Session,
  given: Given<{ session: { type: 'string'; about: string }; user: { type: 'string'; about: string } }>
): Promise<number> {
  const { attach } = await import('../attach.ts')
  const { values, args, words } = given
  return attach(session, { container: args[0] ?? '', command: words, session: values.session, user: values.user })
}

export const terminalCommands: readonly Command[] = [exec, attach]
