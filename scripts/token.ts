// Creates, lists and revokes tokens: in the data folder while the server is stopped, over the API while it runs.

import http from 'node:http'
import https from 'node:https'
import { userInfo } from 'node:os'
import { parseArgs } from 'node:util'
import { createAudit } from '../src/access/audit.ts'
import { openAuditFile } from '../src/access/audit-file.ts'
import { OPERATOR } from '../src/access/caller.ts'
import { SCOPES, type Scope } from '../src/access/scopes.ts'
import { createTokens, type NewToken } from '../src/access/tokens.ts'
import { viewToken } from '../src/access/view.ts'
import { isPrivate, type Config } from '../src/config.ts'
import { ConfigError, loadConfig } from '../src/load-config.ts'
import { isAppError } from '../src/errors.ts'
import { lockFolder } from '../src/store/folder-lock.ts'
import { openStore } from '../src/store/open.ts'
import { StoreError } from '../src/store/store-error.ts'

const USAGE = `Usage:
  npm run token -- create <name> --scopes read,containers:write [--team shop] [--days 90]
  npm run token -- list
  npm run token -- revoke <id or name>

Scopes: ${SCOPES.join(', ')}. "admin" is everything. Tokens of a team share what they make.
While the server runs, this asks it; BERTH_TOKEN (or an admin's token put there) says that you may.`

type Token = {
  id: string
  name: string
  scopes: string[]
  team: string | null
  expires_at: string | null
  last_used_at: string | null
}
type Desk = {
  create(token: NewToken): Promise<Token & { token: string }>
  list(): Promise<Token[]>
  revoke(reference: string): Promise<{ id: string; name: string }>
}

const say = (text: string) => process.stdout.write(`${text}\n`)

try {
  await run()
} catch (error) {
  const lines = error instanceof ConfigError ? error.problems : [error instanceof Error ? error.message : String(error)]
  for (const line of lines) process.stderr.write(`${line}\n`)
  process.exitCode = 1
}

async function run(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { scopes: { type: 'string' }, team: { type: 'string' }, days: { type: 'string' } }
  })
  const [command, name] = positionals
  if (command === 'create' && name !== undefined && values.scopes !== undefined)
    return create({
      name,
      scopes: readScopes(values.scopes),
      team: values.team,
      ttlSeconds: readDays(values.days)
    })
  if (command === 'list') return list()
  if (command === 'revoke' && name !== undefined) return revoke(name)
  throw new Error(USAGE)
}

async function create(token: NewToken): Promise<void> {
  const { id, name, scopes, team, token: secret } = await (await openDesk()).create(token)
  const ofTeam = team === null ? '' : ` of the team "${team}"`
  process.stderr.write(`Token "${name}" (${id})${ofTeam} for ${scopes.join(', ')}. Its secret, shown only once:\n`)
  say(secret)
}

async function list(): Promise<void> {
  for (const { id, name, scopes, team, expires_at: end, last_used_at: used } of await (await openDesk()).list())
    say(
      `${id}  ${name}  ${scopes.join(',')}  team ${team ?? 'none'}  ends ${end ?? 'never'}  last used ${used ?? 'never'}`
    )
}

async function revoke(reference: string): Promise<void> {
  const { id, name } = await (await openDesk()).revoke(reference)
  say(`Token "${name}" (${id}) revoked.`)
}

async function openDesk(): Promise<Desk> {
  const { config } = loadConfig(process.env)
  try {
    await lockFolder(config.dataDir)
    return await inDataFolder(config)
  } catch (error) {
    if (error instanceof StoreError && error.isInUse) return overTheApi(config)
    throw error
  }
}

async function inDataFolder(config: Config): Promise<Desk> {
  const warn = (_fields: object, message: string) => void process.stderr.write(`${message}\n`)
  const log = { error: warn, warn, info() {} }
  const store = await openStore({ ...config, log })
  const file = openAuditFile(config.dataDir)
  const hasOperator = config.token !== undefined
  const tokens = await createTokens({ table: store.tokens, hasOperator, isPrivate: isPrivate(config), log })
  const audit = createAudit({ table: store.audit, flush: store.flush, file, log })

  async function audited<T>(action: string, object: string, task: () => Promise<T>): Promise<T> {
    const peer = { address: userInfo().username, door: 'command' } as const
    const attempt = await audit.attempt({ caller: OPERATOR, peer, scope: 'admin', action, object, requestId: '' })
    try {
      const result = await task()
      await attempt.end(null)
      return result
    } catch (error) {
      await attempt.end(isAppError(error) ? error.code : 'INTERNAL')
      throw error
    }
  }

  return {
    async create(asked) {
      const { token, secret } = await audited('createToken', asked.name, () => tokens.create(asked))
      return { ...viewToken(token), token: secret }
    },
    list: async () => tokens.list().map(viewToken),
    revoke: async (reference) => audited('revokeToken', reference, () => tokens.revoke(reference))
  }
}

function overTheApi(config: Config): Desk {
  return {
    create: ({ ttlSeconds, ...token }) => ask(config, 'POST', '/tokens', { ...token, ttl_seconds: ttlSeconds }),
    list: () => ask(config, 'GET', '/tokens'),
    revoke: (reference) => ask(config, 'DELETE', `/tokens/${encodeURIComponent(reference)}`)
  }
}

function ask<T>(
  { socket, host, port, tlsCert, token }: Config,
  method: string,
  path: string,
  body?: object
): Promise<T> {
  const place = socket === undefined ? { host: ['0.0.0.0', '::'].includes(host) ? 'localhost' : host, port } : {}
  return new Promise((resolve, reject) => {
    const request = (tlsCert === undefined ? http : https).request(
      {
        ...place,
        ...(socket !== undefined && { socketPath: socket }),
        method,
        path,
        headers: {
          host: 'localhost',
          'content-type': 'application/json',
          ...(token !== undefined && { authorization: `Bearer ${token}` })
        }
      },
      (answer) => {
        let text = ''
        answer.setEncoding('utf8').on('data', (piece: string) => (text += piece))
        answer.on('end', () => {
          const { detail = text, ...rest } = JSON.parse(text) as { detail?: string }
          if ((answer.statusCode ?? 500) < 300) resolve(JSON.parse(text) as T)
          else reject(new Error(detail, { cause: rest }))
        })
      }
    )
    request.on('error', reject)
    request.end(body && JSON.stringify(body))
  })
}

function readScopes(text: string): Scope[] {
  return text.split(',').map((name) => {
    const scope = SCOPES.find((known) => known === name.trim())
    if (!scope) throw new Error(`"${name}" is not a scope. There are ${SCOPES.join(', ')}.`)
    return scope
  })
}

/** In seconds. */
function readDays(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const days = Number(text)
  if (!(days > 0)) throw new Error('--days must be a number above 0.')
  return Math.round(days * 86_400)
}
