import { Type, type Static } from '@sinclair/typebox'
import { DateTime, formed, nullable, ref, words } from '../lib/schema.ts'
import { Policy } from './policy-file.ts'
import { SCOPES } from './scopes.ts'

const CURSOR_RULE = 'must be the X-Next-Cursor of the page before'
const named = (description: string, example: string) =>
  formed(
    '^[a-zA-Z0-9][\\w.-]{0,62}$',
    `must be up to 63 letters, digits, dots, dashes and underscores that begin with a letter or digit, such as ${example}`,
    { description, examples: [example] }
  )
const name = named('Name of the token, such as that of its user.', 'ci')
const team = named('Team of the token. Tokens of a team share the resources they create.', 'shop')
const scopes = Type.Array(words(SCOPES), {
  minItems: 1,
  maxItems: SCOPES.length,
  description: 'Permissions of the token. `admin` includes all of them.',
  examples: [['read', 'containers:write']]
})

export const CreateToken = Type.Object(
  {
    name,
    scopes,
    team: Type.Optional(team),
    ttl_seconds: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 10 * 365 * 86_400,
        description: 'Lifetime of the token. By default it does not expire.'
      })
    )
  },
  {
    $id: 'CreateToken',
    description: 'The token to create.',
    additionalProperties: false,
    examples: [{ name: 'ci', scopes: ['read', 'containers:write'], ttl_seconds: 86_400 }]
  }
)
export type CreateToken = Static<typeof CreateToken>

const tokenFields = {
  id: Type.String({ examples: ['3f9a1c07b2de'] }),
  name,
  scopes,
  team: nullable(team),
  created_at: DateTime(),
  expires_at: nullable(DateTime()),
  last_used_at: nullable(DateTime({ description: 'Last use, to the minute.' }))
}
export const Token = Type.Object(tokenFields, { $id: 'Token', description: 'A token, without its secret.' })
export type Token = Static<typeof Token>

export const CreatedToken = Type.Object(
  {
    ...tokenFields,
    token: Type.String({
      description: 'The token itself. It is never shown again.',
      examples: ['berth_MvNkQXzQpYb0wq5W8Jr3HcT2sLx9uDf4aGe7iKo1mPs']
    })
  },
  { $id: 'CreatedToken', description: 'The new token, with its secret. The secret is never shown again.' }
)

export const RevokedToken = Type.Object(
  { id: Type.String(), name, revoked: Type.Literal(true), message: Type.String({ examples: ['Token revoked'] }) },
  { $id: 'RevokedToken', description: 'The token that was revoked.' }
)

export const TokenParams = Type.Object({
  id: Type.String({ minLength: 1, maxLength: 64, description: 'Id or name of the token.', examples: ['ci'] })
})

const OUTCOMES = ['attempted', 'succeeded', 'failed', 'refused'] as const

export const AuditEntry = Type.Object(
  {
    seq: Type.Integer({ description: 'Sequence number of the entry.' }),
    time: DateTime(),
    outcome: words(OUTCOMES, {
      description:
        '`attempted` is written before a change, `succeeded` or `failed` after it. `refused` marks a request that was not allowed.'
    }),
    caller: Type.String({ description: 'Name of the token. `operator` is BERTH_TOKEN.', examples: ['ci'] }),
    token_id: nullable(Type.String()),
    scope: nullable(Type.String({ description: 'Scope that the operation needs.', examples: ['containers:write'] })),
    address: Type.String({ examples: ['127.0.0.1'] }),
    door: words(['rest', 'grpc', 'command'] as const),
    action: Type.String({ description: 'The operation.', examples: ['createContainer'] }),
    object: nullable(Type.String({ description: 'Object of the operation, if known.', examples: ['web'] })),
    code: nullable(
      Type.String({ description: 'Error code, if the operation failed.', examples: ['CONTAINER_NAME_TAKEN'] })
    ),
    duration_ms: nullable(Type.Number()),
    request_id: Type.String(),
    hash: Type.String({ description: 'SHA-256 of the entry and the previous hash.' })
  },
  { $id: 'AuditEntry', description: 'A change or a refused request.' }
)
export type AuditEntry = Static<typeof AuditEntry>

const filter = (description: string) => Type.Optional(Type.String({ maxLength: 200, description }))
export const AuditQuery = Type.Object({
  outcome: Type.Optional(words(OUTCOMES)),
  caller: filter('Name of the token.'),
  action: filter('The operation.'),
  object: filter('Object of the operation.'),
  request_id: filter('All entries of one request.'),
  since: Type.Optional(DateTime({ description: 'Not before this time.' })),
  until: Type.Optional(DateTime({ description: 'Not after this time.' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
  cursor: Type.Optional(formed('^[0-9]{1,15}$', CURSOR_RULE, { description: '`X-Next-Cursor` of the previous page.' }))
})
export type AuditQuery = Static<typeof AuditQuery>

export const Access = Type.Object(
  {
    caller: Type.String({ description: 'Name of the token. `operator` is BERTH_TOKEN.', examples: ['ci'] }),
    token_id: nullable(Type.String({ description: 'Null without a token, and for `operator`.' })),
    team: nullable(team),
    scopes: Type.Array(words(SCOPES), { description: 'Permissions of the caller.' }),
    sees_all: Type.Boolean({ description: 'Whether the caller also sees the resources of others.' }),
    exec: Type.Boolean({ description: 'Whether the server allows commands in containers.' }),
    swarm: Type.Boolean({ description: 'Whether containers run on the nodes of a Swarm.' }),
    policy: Type.Optional(ref(Policy))
  },
  {
    $id: 'Access',
    description: 'The access of the caller. Only admins see `policy`, the policy in force.'
  }
)
export type Access = Static<typeof Access>

export const ACCESS_SCHEMAS = [CreateToken, Token, CreatedToken, RevokedToken, AuditEntry, Policy, Access]
