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
        summary: 'Get the access of the caller',
        description: 'Returns the name, scopes and team of the token, and whether the server requires one.',
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
        summary: 'Create a token',
        description:
          'The response contains the token, which is never shown again. Once the first token exists, every request needs one.',
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
        summary: 'List tokens',
        description: 'Returns the name, scopes and team of each, and when it was created, expires and was last used.',
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
        description: 'Takes effect at once: the next request with the token is refused.',
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
        summary: 'Read the audit trail',
        description: 'Newest first, paged: `X-Next-Cursor` is present unless this is the last page.',
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
