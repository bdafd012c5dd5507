// The server itself: here in this terminal, or in the background.

import { command, type Command } from '../command.ts'
import { secondsOf } from '../seconds.ts'

const serve = command({
  name: 'serve',
  args: '[--setting value...]',
  about: 'Run the server, until Ctrl-C.',
  more: 'Its data lie in ~/.local/share/berth, unless --data-dir or BERTH_DATA_DIR says otherwise.',
  examples: [
    ['berth serve', 'on http://127.0.0.1:8000'],
    ['berth serve --port 9000 --exec --data-dir ./data', 'with settings']
  ],
  ownOptions: true,
  run: async (session, { words }) => (await import('../serve.ts')).serve(session, words)
})

const up = command({
  name: 'up',
  args: '[--setting value...]',
  about: 'Start the server in the background, unless one answers already.',
  more: 'It is done when the server answers. What the server writes goes into server.log in its data folder.',
  examples: [
    ['berth up --port 9000', 'end it with: berth down'],
    ['berth up --wait-timeout 5m', 'on a machine that takes its time']
  ],
  options: {
    'wait-timeout': { type: 'string', value: 'TIME', about: 'How long to wait for its first response. Defaults to 2m.' }
  },
  ownOptions: true,
  run: async (session, { words, values: { 'wait-timeout': limit = '2m' } }) =>
    (await import('../serve.ts')).up(session, words, secondsOf(limit) * 1_000)
})

const down = command({
  name: 'down',
  args: '[--data-dir folder]',
  about: 'Stop the server that "berth up" started. Containers go on.',
  examples: [['berth down', 'of the usual data folder']],
  ownOptions: true,
  run: async (session, { words }) => (await import('../serve.ts')).down(session, words)
})

export const serverCommands: readonly Command[] = [serve, up, down]
