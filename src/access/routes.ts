import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { ref } from '../lib/schema.ts'
import type { Audit } from './audit.ts'
import {
  Access,
  AuditEntry,
  AuditQuery,
  CreatedToken,
  CreateToken,
  RevokedToken,
  Token,
  TokenParams
} from './schemas.ts'
import type { Tokens } from './tokens.ts'
import { viewAccess, viewEntry, viewToken, type InForce } from './view.ts'

const tags = ['access']
const config = { scope: 'admin' } as const
const DEFAULT_LIMIT = 100

type Options = { tokens: Tokens; audit: Audit; inForce: InForce }

export const accessRoutes: FastifyPluginAsyncTypebox<Options> = async (app, { tokens, audit, inForce }) => {
  app.get(
    '/access',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'getAccess',
        tags,
        summary: 'Who you are, and what you may do',
        description: 'Name, scopes and team of the token, and whether the server wants one at all.',
        response: { 200: ref(Access) }
      }
    },
    async ({ caller }) => viewAccess(caller, inForce)
  )

  app.post(
    '/tokens',
    {
      config,
      schema: {
        operationId: 'createToken',
        tags,
        summary: 'Make a token',
        description:
          'The answer holds the token, and nothing ever shows it again. From the first token on every request needs one.',
        body: ref(CreateToken),
        response: { 201: ref(CreatedToken) }
      }
    },
    async ({ body: { name, scopes, team, ttl_seconds: ttlSeconds } }, reply) => {
      const { token, secret } = await tokens.create({ name, scopes, team, ttlSeconds })
      reply.header('location', `/tokens/${token.id}`)
      return reply.code(201).send({ ...viewToken(token), token: secret })
    }
  )

  app.get(
    '/tokens',
    {
      config,
      schema: {
        operationId: 'listTokens',
        tags,
        summary: 'All tokens, without their secrets',
        description: 'Name, scopes, team, and when each was made, ends and was last used.',
        response: { 200: Type.Array(ref(Token), { description: 'Oldest first.' }) }
      }
    },
    async () => tokens.list().map(viewToken)
  )

  app.delete(
    '/tokens/:id',
    {
      config,
      schema: {
        operationId: 'revokeToken',
        tags,
        summary: 'Revoke a token',
        description: 'At once: the next request with it is refused.',
        params: TokenParams,
        response: { 200: ref(RevokedToken) }
      }
    },
    async ({ params }) => {
      const { id, name } = await tokens.revoke(params.id)
      return { id, name, revoked: true as const, message: 'Token revoked' }
    }
  )

  app.get(
    '/audit',
    {
      config,
      schema: {
        operationId: 'listAudit',
        tags,
        summary: 'What was changed, and by whom',
        description: 'Newest first, in pages: `X-Next-Cursor` is there while more follow.',
        querystring: AuditQuery,
        response: { 200: Type.Array(ref(AuditEntry), { description: 'The entries.' }) }
      }
    },
    async ({ query }, reply) => {
      const { limit = DEFAULT_LIMIT, cursor, since, until, request_id: requestId, ...same } = query
      const before = cursor === undefined ? undefined : Number(cursor)
      const time = (text: string | undefined) => (text === undefined ? undefined : Date.parse(text))
      const found = await audit.find({ ...same, requestId, since: time(since), until: time(until), before }, limit + 1)
      const page = found.slice(0, limit)
      const last = page.at(-1)
      if (last && found.length > limit) reply.header('x-next-cursor', last.seq)
      return page.map(viewEntry)
    }
  )
}
