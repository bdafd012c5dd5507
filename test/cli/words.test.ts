// Features without a server: help, invalid arguments, completion, contexts, settings of `serve`.

import { execFileSync, spawnSync } from 'node:child_process'
import { rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { arity } from '../../src/cli/command.ts'
import { COMMANDS } from '../../src/cli/commands.ts'
import { GROUPS } from '../../src/cli/help.ts'
import { settingsOf } from '../../src/cli/settings.ts'
import { berth, serveCli } from '../helpers/cli.ts'
import { makeFolder } from '../helpers/folder.ts'

t.test('every command has an example with its name, and is in the overview', async (t) => {
  const { out, code } = await berth(['--help'])
  t.equal(code, 0)
  for (const command of COMMANDS) {
    const { name, examples } = command
    t.ok(
      examples.some(([line]) => line.includes(`berth ${name}`)),
      name
    )
    t.match(out, new RegExp(`^  ${name} `, 'm'))
    t.equal(GROUPS.filter(([, names]) => names.test(name)).length, 1, `${name} is in one group`)
    const help = await berth([...name.split(' '), '--help'])
    t.equal(help.code, 0)
    for (const [line] of examples) t.ok(help.out.includes(line), `the help of ${name} has ${line}`)
  }
})

t.test('names and letters of options do not collide', async (t) => {
  for (const { name, options = {} } of COMMANDS) {
    const letters = ['c', 'h', ...Object.values(options).flatMap(({ short }) => short ?? [])]
    t.equal(new Set(letters).size, letters.length, `${name}: ${letters.join('')}`)
  }
})

t.test('invalid arguments get a suggestion and exit code 2', async (t) => {
  const table: [argv: string[], says: RegExp][] = [
    [[], /Usage: berth/],
    [['strat', 'web'], /no command "strat". Is "berth start" meant\?/],
    [['tokens'], /Say which: berth tokens list, berth tokens create, berth tokens revoke/],
    [['ps', '--al'], /Unknown option '--al'. Is --all meant\?/],
    [['rm'], /Something is missing. Usage: berth rm <container...>/],
    [['logs', 'a', 'b'], /"b" is one word too many. Usage: berth logs <container>/],
    [['run', 'x', '--rm'], /needs --follow/],
    [['run', 'x', '-e', 'NAME'], /"NAME" must be NAME=VALUE/],
    [['run', 'x', '-v', 'data'], /"data" must be NAME:PATH/],
    [['build', '/nowhere'], /no folder or file \/nowhere/],
    [['build', '.', '-t', 'Not A Name'], /no name for an image/],
    [['cp', 'a', 'b'], /One of the two is a path in a container/],
    [['completion', 'tcsh'], /bash, zsh or fish/],
    [['ps', '--url', 'lab'], /"lab" is no address of a server/],
    [['ps', '--context', 'lab'], /no context lab. Add it: berth context add lab URL/],
    [['serve', '--prot', '1'], /"--prot" is no setting of the server. Is --port meant\?/]
  ]
  for (const [argv, says] of table) {
    const { code, out, err } = await berth(argv, { env: { XDG_CONFIG_HOME: '/nowhere' } })
    t.equal(code, 2, argv.join(' '))
    t.match(argv.length === 0 ? out : err, says)
  }
})

t.test('every setting of the server is an option of serve', async (t) => {
  t.strictSame(settingsOf(['--port', '9000', '--exec', '--data-dir=./x', '--docker-host', 'unix:///s']), {
    BERTH_PORT: '9000',
    BERTH_EXEC: 'true',
    BERTH_DATA_DIR: './x',
    DOCKER_HOST: 'unix:///s'
  })
})

t.test('the usage determines the number of arguments', async (t) => {
  const counts = (args: string) => arity({ args } as (typeof COMMANDS)[number])
  t.strictSame(counts('<a> [b]'), { least: 1, most: 2 })
  t.strictSame(counts('<a...>'), { least: 1, most: Number.POSITIVE_INFINITY })
})

t.test('completion offers commands, options, and names of containers', async (t) => {
  const server = await serveCli(t)
  server.engine.add({ name: 'web' })
  server.engine.add({ name: 'worker' })
  await server.make({ name: 'shop' })
  const offers = async (...words: string[]) => (await server.berth(['__complete', ...words])).out.trim().split('\n')
  t.strictSame(await offers('re'), ['restart'])
  t.strictSame(await offers('tokens', ''), ['list', 'create', 'revoke'])
  t.strictSame((await offers('rm', 'w')).sort(), ['web', 'worker'])
  t.strictSame((await offers('rm', 'web', 'w')).sort(), ['worker'])
  t.strictSame(await offers('logs', '--fo'), ['--follow'])
  t.strictSame(await offers('exec', 'web', '--', ''), [''])
  t.strictSame(await offers('completion', 'z'), ['zsh'])
  t.strictSame(await offers('run', '--wait', ''), ['running', 'port', 'healthy', 'http'])
  t.strictSame(await offers('run', '.', '--wait=he'), ['--wait=healthy'], 'as zsh and fish show it')
  t.strictSame(await offers('run', '.', '--wait', '=', 'he'), ['healthy'], 'as bash shows it')
  t.strictSame(await offers('run', '--memory', ''), [''], 'nothing is guessed')
  t.strictSame(await offers('serve', '--data-d'), ['--data-dir'])

  await server.app.close()
  const { code, out, err } = await server.berth(['__complete', 'rm', ''])
  t.strictSame({ code, out, err }, { code: 0, out: '', err: '' }, 'without a server it is silent')
})

/** How each shell completes words. zsh answers only its line editor, so the test takes the editor's place. */
const ASKED: Record<string, { flags: string[]; before?: string; asks: (words: string[]) => string }> = {
  bash: {
    flags: [],
    asks: (words) =>
      `COMP_WORDS=(${words.join(' ')}); COMP_CWORD=${words.length - 1}; _berth; printf '%s\\n' "\${COMPREPLY[@]}"`
  },
  zsh: {
    flags: ['-f'],
    before: 'compdef() {}; compadd() { print -l -- ${(P)2}; }',
    asks: (words) => `words=(${words.join(' ')}); CURRENT=${words.length}; _berth`
  },
  fish: { flags: ['--no-config'], asks: (words) => `complete -C "${words.join(' ')}"` }
}

for (const [shell, { flags, before = '', asks }] of Object.entries(ASKED)) {
  const isMissing = spawnSync(shell, ['-c', 'true']).error !== undefined
  t.test(
    `${shell} completes with the printed script`,
    { skip: isMissing && `${shell} is not installed` },
    async (t) => {
      const folder = makeFolder('shell')
      t.teardown(() => rmSync(folder, { recursive: true }))
      const main = join(import.meta.dirname, '../../src/cli/main.ts')
      writeFileSync(join(folder, 'berth'), `#!/bin/sh\nexec ${process.execPath} ${main} "$@"\n`, { mode: 0o755 })
      const { out } = await berth(['completion', shell])
      const env = { ...process.env, PATH: `${folder}:${process.env.PATH}`, HOME: folder }
      const offers = (words: string[]) => {
        const script = [before, out, asks(words)].join('\n')
        return execFileSync(shell, [...flags, '-c', script], { encoding: 'utf8', env })
          .trim()
          .split('\n')
          .toSorted()
      }
      t.strictSame(offers(['berth', 'tokens', 're']), ['revoke'])
      t.strictSame(offers(['berth', 'run', '--wait', 'h']), ['healthy', 'http'])
    }
  )
}

t.test('contexts: the most specific one counts', async (t) => {
  const home = makeFolder('contexts')
  t.teardown(() => rmSync(home, { recursive: true }))
  const token = 'x'.repeat(40)
  const server = await serveCli(t, { env: { BERTH_TOKEN: token } })
  writeFileSync(join(home, 'token'), `${token}\n`)
  const env = { XDG_CONFIG_HOME: home, HOME: home }
  const at = async (...argv: string[]) => berth(argv, { env })

  t.match(await at('context', 'add', 'lab', server.url, '--token-file', join(home, 'token')), {
    code: 0,
    out: /lab is used/
  })
  t.match(await at('context', 'add', 'away', 'http://127.0.0.1:9'), { code: 0, out: /berth context use away/ })
  t.equal(statSync(join(home, 'berth/contexts.json')).mode & 0o777, 0o600)
  t.match(await at('ps'), { code: 0 }, 'with the token of the file')
  t.match(await at('ps', '--context', 'away'), { code: 3 })
  t.match(await berth(['ps'], { env: { ...env, BERTH_URL: 'http://127.0.0.1:9' } }), { code: 3, err: /berth doctor/ })
  t.match(await at('ps', '--url', server.url), { code: 4, err: /BERTH_TOKEN/ }, 'an address has no token')
  t.match(await at('context', 'list', '--json'), { out: /"current": "lab"/ })
  t.match(await at('context', 'use', 'away'), { code: 0 })
  t.match(await at('ps'), { code: 3 })
  t.match(await at('context', 'rm', 'away'), { code: 0 })
  t.match(await at('context', 'use', 'away'), { code: 2 })
})
