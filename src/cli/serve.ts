// Turns `berth` into the server, or starts one in the background.

import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { getCompileCacheDir } from 'node:module'
import { dirname, extname, join, resolve } from 'node:path'
import { createClient, type Berth } from '../client/client.ts'
import { targetOf } from './contexts.ts'
import { CommandError, EXIT } from './exit-codes.ts'
import type { Environment } from './environment.ts'
import type { Session } from './session.ts'
import { settingsOf } from './settings.ts'

/** The flags of `npm start`: docs/decisions/051-a-heap-that-stays-small.md. */
const NODE_FLAGS = ['--max-semi-space-size=4', '--max-old-space-size=1024']
/** The same file as it is, or compiled. */
const SERVER = join(import.meta.dirname, `../server${extname(import.meta.filename)}`)
const STOP_LIMIT_MS = 15_000
const LOOK_MS = 100
/** These are for clients, and no settings. */
const OF_CLIENTS = ['BERTH_URL', 'BERTH_CONTEXT']

function environmentOf({ env }: Session, words: string[]): Environment & { BERTH_DATA_DIR: string } {
  const settings = { ...env, ...settingsOf(words) }
  for (const name of OF_CLIENTS) delete settings[name]
  const { HOME = homedir(), XDG_DATA_HOME = join(HOME, '.local/share') } = env
  const cache = getCompileCacheDir()
  return {
    ...settings,
    ...(cache !== undefined && { NODE_COMPILE_CACHE: dirname(cache) }),
    BERTH_DATA_DIR: resolve(settings.BERTH_DATA_DIR ?? join(XDG_DATA_HOME, 'berth'))
  }
}

/** This process becomes the server: nothing stands between it and its signals. */
export async function serve(session: Session, words: string[]): Promise<number> {
  const env = environmentOf(session, words)
  const args = [...NODE_FLAGS, SERVER]
  if (process.execve) process.execve(process.execPath, [process.execPath, ...args], env)
  const child = spawn(process.execPath, args, { env, stdio: 'inherit' })
  return new Promise((done) => child.once('exit', (code) => done(code ?? EXIT.failed)))
}

export async function up(session: Session, words: string[], limitMs: number): Promise<number> {
  const env = environmentOf(session, words)
  const { url, token } = targetOf({ ...env, XDG_CONFIG_HOME: env.BERTH_DATA_DIR }, {})
  const berth = createClient({ url, tries: 1, ...(token !== undefined && { token }) })
  if (await answers(berth)) {
    session.show({ url, pid: null, log: null }, () => `A server answers already: ${url}`)
    return EXIT.done
  }
  mkdirSync(env.BERTH_DATA_DIR, { recursive: true, mode: 0o700 })
  const log = join(env.BERTH_DATA_DIR, 'server.log')
  const output = openSync(log, 'w', 0o600)
  const child = spawn(process.execPath, [...NODE_FLAGS, SERVER], {
    env,
    detached: true,
    stdio: ['ignore', output, output]
  })
  closeSync(output)
  let hasEnded = false
  child.once('exit', () => (hasEnded = true))
  const limit = Date.now() + limitMs
  while (!(await answers(berth))) {
    if (hasEnded) throw new CommandError(`The server did not start:\n${readFileSync(log, 'utf8').trim()}`)
    if (Date.now() > limit || session.signal.aborted) {
      child.kill()
      throw new CommandError(
        `The server does not answer on ${url} after ${limitMs / 1_000} s. See ${log}, or give it longer: berth up --wait-timeout 10m`
      )
    }
    await new Promise((later) => setTimeout(later, LOOK_MS))
  }
  writeFileSync(pidFile(env.BERTH_DATA_DIR), `${child.pid}\n`)
  child.unref()
  session.show({ url, pid: child.pid, log }, ({ pid }) => `${url} (process ${pid}, log in ${log})`)
  return EXIT.done
}

export async function down(session: Session, words: string[]): Promise<number> {
  const { BERTH_DATA_DIR: folder } = environmentOf(session, words)
  const pid = readPid(folder)
  if (pid === undefined || !isServer(pid))
    throw new CommandError(`No server that "berth up" started runs with the data folder ${folder}.`)
  process.kill(pid, 'SIGTERM')
  const limit = Date.now() + STOP_LIMIT_MS
  while (isServer(pid)) {
    if (Date.now() > limit)
      throw new CommandError(`The process ${pid} does not end. See ${join(folder, 'server.log')}.`)
    await new Promise((later) => setTimeout(later, LOOK_MS))
  }
  rmSync(pidFile(folder), { force: true })
  session.show({ pid, ended: true }, () => `The server (process ${pid}) has ended`)
  return EXIT.done
}

const pidFile = (folder: string): string => join(folder, 'server.pid')

function readPid(folder: string): number | undefined {
  try {
    return Number(readFileSync(pidFile(folder), 'utf8')) || undefined
  } catch {
    return undefined
  }
}

/** The PID may belong to another process by now. */
function isServer(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(SERVER)
  } catch {
    return false
  }
}

async function answers(berth: Berth): Promise<boolean> {
  return berth.getHealth().then(
    () => true,
    () => false
  )
}
