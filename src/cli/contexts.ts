// Servers by name, in a file of the user, and the choice of the server for a call.

import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { CommandError, UsageError } from './exit-codes.ts'
import type { Environment } from './environment.ts'

type Context = { url: string; token_file?: string }
export type Contexts = { current?: string; contexts: Record<string, Context> }
export type Target = { url: string; token: string | undefined; from: string }

function contextsFile(env: Environment): string {
  return join(env.XDG_CONFIG_HOME ?? join(env.HOME ?? homedir(), '.config'), 'berth/contexts.json')
}

export function readContexts(env: Environment): Contexts {
  const file = contextsFile(env)
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Contexts
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { contexts: {} }
    throw new CommandError(`${file} cannot be read: ${String(error)}. Mend it, or remove it.`, { cause: error })
  }
}

export function writeContexts(env: Environment, contexts: Contexts): void {
  const file = contextsFile(env)
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  writeFileSync(file, `${JSON.stringify(contexts, null, 2)}\n`, { mode: 0o600 })
  chmodSync(file, 0o600)
}

/** The most specific source counts: an option, BERTH_URL, the current context, then the address of `berth serve` here. */
export function targetOf(env: Environment, given: { url?: string | undefined; context?: string | undefined }): Target {
  const token = env.BERTH_TOKEN?.trim() || undefined
  if (given.url !== undefined) return { url: checked(given.url), token, from: '--url' }
  if (given.context === undefined && env.BERTH_URL) return { url: checked(env.BERTH_URL), token, from: 'BERTH_URL' }
  const { contexts, current } = readContexts(env)
  const name = given.context ?? env.BERTH_CONTEXT ?? current
  if (name === undefined) return { url: localUrl(env), token, from: 'this machine' }
  const context = contexts[name]
  if (!context) throw new UsageError(`There is no context ${name}. Add it: berth context add ${name} URL`)
  return { url: context.url, token: tokenOf(context) ?? token, from: `the context ${name}` }
}

function tokenOf({ token_file: file }: Context): string | undefined {
  if (file === undefined) return undefined
  try {
    return readFileSync(resolve(file), 'utf8').trim()
  } catch (error) {
    throw new CommandError(`The token file ${file} of the context cannot be read: ${String(error)}.`, { cause: error })
  }
}

/** By the settings that the server reads, so that both share an environment. */
function localUrl({
  BERTH_SOCKET: socket,
  BERTH_HOST: host = '',
  BERTH_PORT: port,
  BERTH_TLS_CERT: cert
}: Environment): string {
  if (socket) return `unix:${resolve(socket)}`
  const name = ['', '0.0.0.0', '::'].includes(host) ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host
  return `${cert ? 'https' : 'http'}://${name}:${port || 8000}`
}

export function checked(url: string): string {
  if (/^unix:(\/\/)?\/./.test(url) || (URL.canParse(url) && /^https?:/.test(url))) return url
  throw new UsageError(`"${url}" is no address of a server. Write http://HOST:PORT, https://HOST or unix:/path.`)
}
