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
const name = named('Who will use it.', 'ci')
const team = named('Tokens of a team share what they make.', 'shop')
const scopes = Type.Array(words(SCOPES), {
  minItems: 1,
  maxItems: SCOPES.length,
  description: 'What it may be used for; `admin` is everything.',
  examples: [['read', 'containers:write']]
})

export const CreateToken = Type.Object(
  {
    name,
    scopes,
    team: Type.Optional(team),
    ttl_seconds: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 10 * 365 * 86_400, description: 'It ends after that time. Absent: never.' })
    )
  },
  {
    $id: 'CreateToken',
    description: 'What the token is to be for.',
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
  last_used_at: nullable(DateTime({ description: 'To the minute.' }))
}
export const Token = Type.Object(tokenFields, { $id: 'Token', description: 'A token, without its secret.' })
export type Token = Static<typeof Token>

export const CreatedToken = Type.Object(
  {
    ...tokenFields,
    token: Type.String({
      description: 'The token itself. It is shown here and never again.',
      examples: ['berth_MvNkQXzQpYb0wq5W8Jr3HcT2sLx9uDf4aGe7iKo1mPs']
    })
  },
  { $id: 'CreatedToken', description: 'The token. Its secret is shown this once.' }
)

export const RevokedToken = Type.Object(
  { id: Type.String(), name, revoked: Type.Literal(true), message: Type.String({ examples: ['Token revoked'] }) },
  { $id: 'RevokedToken', description: 'The token that is no longer valid.' }
)

export const TokenParams = Type.Object({
  id: Type.String({ minLength: 1, maxLength: 64, description: 'Id or name of the token.', examples: ['ci'] })
})

const OUTCOMES = ['attempted', 'succeeded', 'failed', 'refused'] as const

export const AuditEntry = Type.Object(
  {
    seq: Type.Integer({ description: 'Grows by one with each entry.' }),
    time: DateTime(),
    outcome: words(OUTCOMES, {
      description:
        '`attempted` is written before anything is changed, `succeeded` or `failed` after; `refused` is who was not let in.'
    }),
    caller: Type.String({ description: 'Name of the token; `operator` has BERTH_TOKEN.', examples: ['ci'] }),
    token_id: nullable(Type.String()),
    scope: nullable(Type.String({ description: 'What the operation needs.', examples: ['containers:write'] })),
    address: Type.String({ examples: ['127.0.0.1'] }),
    door: words(['rest', 'grpc', 'command'] as const),
    action: Type.String({ description: 'The operation.', examples: ['createContainer'] }),
    object: nullable(Type.String({ description: 'What it was done to, as far as known.', examples: ['web'] })),
    code: nullable(Type.String({ description: 'The error code, when it failed.', examples: ['CONTAINER_NAME_TAKEN'] })),
    duration_ms: nullable(Type.Number()),
    request_id: Type.String(),
    hash: Type.String({ description: 'SHA-256 over the entry and the hash of the one before it.' })
  },
  { $id: 'AuditEntry', description: 'A change or a refusal.' }
)
export type AuditEntry = Static<typeof AuditEntry>

const filter = (description: string) => Type.Optional(Type.String({ maxLength: 200, description }))
export const AuditQuery = Type.Object({
  outcome: Type.Optional(words(OUTCOMES)),
  caller: filter('Name of the token.'),
  action: filter('The operation.'),
  object: filter('What it was done to.'),
  request_id: filter('All entries of one request.'),
  since: Type.Optional(DateTime({ description: 'Not before this time.' })),
  until: Type.Optional(DateTime({ description: 'Not after this time.' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
  cursor: Type.Optional(
    formed('^[0-9]{1,15}$', CURSOR_RULE, { description: 'From the `X-Next-Cursor` of the page before.' })
  )
})
export type AuditQuery = Static<typeof AuditQuery>

export const Access = Type.Object(
  {
    caller: Type.String({ description: 'Name of the token; `operator` has BERTH_TOKEN.', examples: ['ci'] }),
    token_id: nullable(Type.String({ description: 'Null without a token, and for `operator`.' })),
    team: nullable(team),
    scopes: Type.Array(words(SCOPES), { description: 'What you may do.' }),
    sees_all: Type.Boolean({ description: 'Whether you also see what belongs to others.' }),
    exec: Type.Boolean({ description: 'Whether the server runs commands in containers at all.' }),
    policy: Type.Optional(ref(Policy))
  },
  {
    $id: 'Access',
    description: 'Who you are to the server. `policy` is the one in force, and is there for admins only.'
  }
)
export type Access = Static<typeof Access>

export const ACCESS_SCHEMAS = [CreateToken, Token, CreatedToken, RevokedToken, AuditEntry, Policy, Access]
