// Servers by name.

import { resolve } from 'node:path'
import { command, type Command } from '../command.ts'
import { checked, readContexts, writeContexts } from '../contexts.ts'
import { UsageError } from '../exit-codes.ts'
import type { Environment } from '../environment.ts'
import { table } from '../style.ts'

const add = command({
  name: 'context add',
  args: '<name> <url>',
  about: 'Name a server. The first one becomes the current one.',
  examples: [
    ['berth context add lab https://lab.example.com --token-file ~/.berth-lab', 'the token stays in its file']
  ],
  options: { 'token-file': { type: 'string', value: 'FILE', about: 'File with the token, read for each call.' } },
  async run({ env, show }, { args: [name = '', url = ''], values }) {
    const known = readContexts(env)
    const file = values['token-file']
    known.contexts[name] = { url: checked(url), ...(file !== undefined && { token_file: resolve(file) }) }
    known.current ??= name
    writeContexts(env, known)
    show({ name, ...known.contexts[name], current: known.current === name }, ({ current }) =>
      current ? `${name} is used from now on` : `Use it with: berth context use ${name}`
    )
  }
})

const use = command({
  name: 'context use',
  args: '<name>',
  about: 'Use a server from now on.',
  examples: [['berth context use lab', 'every command asks it, unless BERTH_URL or --url says otherwise']],
  completes: 'context',
  async run({ env, show }, { args: [name = ''] }) {
    const known = readContexts(env)
    mustKnow(env, name)
    writeContexts(env, { ...known, current: name })
    show({ name, ...known.contexts[name], current: true }, () => `${name} is used from now on`)
  }
})

const list = command({
  name: 'context list',
  about: 'List the named servers.',
  examples: [['berth context list', 'the one in use has a star']],
  async run(session) {
    const { contexts, current } = readContexts(session.env)
    session.show({ current: current ?? null, contexts }, () => {
      const rows = Object.entries(contexts).map(([name, { url, token_file: file }]) => [
        name === current ? '*' : ' ',
        name,
        url,
        file ?? ''
      ])
      return table([' ', 'NAME', 'URL', 'TOKEN FILE'], rows, session.style)
    })
  }
})

const remove = command({
  name: 'context rm',
  args: '<name>',
  about: 'Remove a server from the list. Its token file stays.',
  examples: [['berth context rm lab', 'the name is free again']],
  completes: 'context',
  async run({ env, show }, { args: [name = ''] }) {
    mustKnow(env, name)
    const { contexts, current } = readContexts(env)
    const left = Object.fromEntries(Object.entries(contexts).filter(([known]) => known !== name))
    writeContexts(env, { contexts: left, ...(current !== undefined && current !== name && { current }) })
    show({ name, removed: true }, () => `${name} is forgotten`)
  }
})

function mustKnow(env: Environment, name: string): void {
  if (!(name in readContexts(env).contexts))
    throw new UsageError(`There is no context ${name}. See: berth context list`)
}

export const contextCommands: readonly Command[] = [add, use, list, remove]
