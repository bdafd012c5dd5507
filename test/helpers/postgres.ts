// A PostgreSQL for one test, which can be killed and restarted. It refuses to run as root, so it runs as its own user.

import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { pino } from 'pino'
import type { Test } from 'tap'
import type { Store } from '../../src/store/contract/store.ts'
import { openStore } from '../../src/store/postgres/open.ts'
import { installFor } from './debian.ts'
import { makeFolder } from './folder.ts'
import { eventually } from './engine.ts'

const BIN = '/usr/lib/postgresql'
const QUIET = pino({ level: 'silent' })

export async function startPostgres(t: Test) {
  installFor('postgres')
  const programs = join(BIN, readdirSync(BIN).toSorted().at(-1) ?? '', 'bin')
  const folder = makeFolder('postgres')
  const owner = process.getuid?.() === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : {}
  if (owner.uid !== undefined) chownSync(folder, owner.uid, owner.gid)
  const data = join(folder, 'data')
  const init = ['--no-sync', '--no-locale', '--encoding=UTF8', '--auth=trust', '--username=berth', '-D', data]
  execFileSync(join(programs, 'initdb'), init, { ...owner, cwd: folder, stdio: 'pipe' })
  let server: ChildProcess | undefined
  let schemas = 0

  async function start(): Promise<void> {
    // Processes of a killed server may still be ending.
    await eventually(async () => {
      const settings = ['fsync=off', 'listen_addresses=', 'max_connections=60', 'shared_buffers=32MB']
      const args = ['-D', data, '-k', folder, ...settings.flatMap((setting) => ['-c', setting])]
      const started = spawn(join(programs, 'postgres'), args, {
        ...owner,
        cwd: folder,
        stdio: ['ignore', 'ignore', 'pipe']
      })
      server = started
      let said = ''
      for await (const piece of started.stderr) {
        said += String(piece)
        if (said.includes('ready to accept connections')) break
      }
      if (!said.includes('ready to accept connections')) throw new Error(said)
    })
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    if (!server || server.exitCode !== null || server.signalCode !== null) return
    const ended = once(server, 'exit')
    server.kill(signal)
    await ended
  }

  /** Signals the server and the process of each connection. */
  function signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    const { pid } = server ?? {}
    if (pid === undefined) return
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean)
    for (const one of [pid, ...children.map(Number)])
      try {
        process.kill(one, name)
      } catch (error) {
        // The process of a connection that has just closed.
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
      }
  }

  await start()
  t.teardown(async () => {
    if (server?.exitCode === null && server.signalCode === null) signal('SIGCONT')
    await end('SIGQUIT')
    rmSync(folder, { recursive: true, force: true })
  })

  const urlOf = (schema: string) =>
    `postgresql://berth@localhost/postgres?host=${folder}&options=${encodeURIComponent(`-c search_path=${schema}`)}`

  return {
    start,
    /** Without notice to any client. */
    kill: () => end('SIGKILL'),
    /** Keeps its connections, accepts new ones, and answers nothing. */
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),

    /** The address of an empty database. */
    async empty(): Promise<string> {
      const schema = `s${++schemas}`
      await ask(urlOf('public'), `CREATE SCHEMA ${schema}`)
      return urlOf(schema)
    },

    ask
  }
}

export async function ask(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(text)).rows
  } finally {
    await client.end()
  }
}

/** The store of one of several servers on the same database: they have the same key. */
export function openServer(url: string, dataDir: string): Promise<Store> {
  return openStore({ url, dataDir, log: QUIET })
}

function idOf(which: '-u' | '-g'): number {
  return Number(execFileSync('id', [which, 'postgres'], { encoding: 'utf8' }))
}
