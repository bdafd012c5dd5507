// Tokens, and the audit trail.

import type { AuditEntry, CreateToken, Token } from '../../client/api.ts'
import { ago, duration } from '../../lib/format.ts'
import { command, type Command } from '../command.ts'
import { UsageError } from '../exit-codes.ts'
import { secondsOf } from '../seconds.ts'
import { table } from '../style.ts'

const list = command({
  name: 'tokens list',
  about: 'List the tokens, without their secrets.',
  examples: [['berth tokens list', 'who may do what, and until when']],
  async run(session) {
    const tokens = await session.berth.listTokens()
    session.show(tokens, () => {
      const row = ({ name, id, scopes, team, expires_at: end, last_used_at: used }: Token) => [
        session.style.bold(name),
        id,
        scopes.join(','),
        team ?? '',
        end ?? 'never',
        used === null ? 'never' : ago(Date.parse(used), Date.now())
      ]
      return table(['NAME', 'ID', 'SCOPES', 'TEAM', 'ENDS', 'LAST USED'], tokens.map(row), session.style)
    })
  }
})

const create = command({
  name: 'tokens create',
  args: '<name>',
  about: 'Create a token. Its secret is shown only once.',
  examples: [
    ['berth tokens create ci --scopes read,containers:write --ttl 90d', 'for a pipeline'],
    ['berth tokens create ada --scopes admin > token', 'the secret alone goes to stdout']
  ],
  options: {
    scopes: { type: 'string', value: 'LIST', about: 'What it may do, separated by commas. Required.' },
    team: { type: 'string', value: 'NAME', about: 'Tokens of a team share what they make.' },
    ttl: { type: 'string', value: 'TIME', about: 'Lifetime: 12h, 90d.' }
  },
  async run(session, { args: [name = ''], values: { scopes, team, ttl } }) {
    if (scopes === undefined) throw new UsageError('Say what it may do: --scopes read,containers:write')
    const body: CreateToken = {
      name,
      // The server knows the scopes, and lists them in the error for an invalid one.
      scopes: scopes.split(',').map((scope) => scope.trim()) as CreateToken['scopes'],
      ...(team !== undefined && { team }),
      ...(ttl !== undefined && { ttl_seconds: Math.round(secondsOf(ttl)) })
    }
    const made = await session.berth.createToken({ body })
    if (!session.json)
      session.note(`Token "${made.name}" (${made.id}) for ${made.scopes.join(', ')}. Its secret, shown only once:`)
    session.show(made, ({ token }) => token)
  }
})

const revoke = command({
  name: 'tokens revoke',
  args: '<token>',
  about: 'Revoke a token by its name or id. It ends at once.',
  examples: [['berth tokens revoke ci', 'requests with it are refused from now on']],
  completes: 'token',
  async run(session, { args: [id = ''] }) {
    session.show(await session.berth.revokeToken({ id }), ({ message }) => message)
  }
})

const audit = command({
  name: 'audit',
  about: 'Show who changed what, newest first.',
  examples: [
    ['berth audit --since 1d', 'of the last day'],
    ['berth audit --outcome refused --caller ci', 'what a token tried and was not let']
  ],
  options: {
    caller: { type: 'string', value: 'NAME', about: 'Only this token.' },
    action: { type: 'string', value: 'NAME', about: 'Only this operation, such as removeContainer.' },
    object: { type: 'string', value: 'NAME', about: 'Only this container, image, volume or network.' },
    outcome: {
      type: 'string',
      value: 'WORD',
      choices: ['attempted', 'succeeded', 'failed', 'refused'],
      about: 'Only this outcome: attempted, succeeded, failed or refused.'
    },
    since: { type: 'string', value: 'TIME', about: 'Only since then: 10m, or a time.' },
    limit: { type: 'string', short: 'n', value: 'COUNT', about: 'How many. Defaults to 50.' }
  },
  async run(session, { values: { outcome, limit = '50', ...filters } }) {
    const given = Object.fromEntries(Object.entries(filters).filter(([name]) => FILTERS.has(name)))
    const entries = await session.berth.listAudit({
      ...given,
      ...(outcome !== undefined && { outcome: outcome as AuditEntry['outcome'] }),
      limit: Number(limit)
    })
    session.show(entries, () => {
      const row = ({ time, outcome, caller, action, object, code, door, duration_ms: ms }: AuditEntry) => [
        time,
        outcome === 'succeeded' ? outcome : session.style.yellow(outcome),
        caller,
        action,
        object ?? '',
        code ?? (ms === null ? '' : duration(ms)),
        door
      ]
      return table(['TIME', 'OUTCOME', 'WHO', 'ACTION', 'WHAT', 'HOW', 'BY'], entries.map(row), session.style)
    })
  }
})
const FILTERS = new Set(['caller', 'action', 'object', 'since'])

export const accessCommands: readonly Command[] = [list, create, revoke, audit]
