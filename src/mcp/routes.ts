// POST /mcp: the protocol over HTTP. A tool calls the API of this server on behalf of its caller.

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply } from 'fastify'
import type { Caller } from '../access/caller.ts'
import type { Holding } from '../access/held-bytes.ts'
import { createClient } from '../client/client.ts'
import { isBerthError } from '../client/errors.ts'
import { fetchInside } from '../http/inside.ts'
import { addressOf } from '../http/security.ts'
import type { Streams } from '../http/streams.ts'
import { ref } from '../lib/schema.ts'
import { describeViolations, type Validator } from '../lib/validator.ts'
import { asText } from './cut.ts'
import { answer, type ToolResult, type Tools } from './protocol.ts'
import { McpAnswer, McpMessage } from './schemas.ts'
import { describe, type Tool } from './tool.ts'
import { TOOLS } from './tools.ts'

type Parts = {
  streams: Streams
  mcp: { version: string; validator: Validator; hold: (caller: Caller, address: string) => Holding }
}

const MOST_BYTES = 16 * 1024 ** 2

export const mcpRoutes: FastifyPluginAsyncTypebox<Parts> = async (
  app,
  { streams, mcp: { version, validator, hold } }
) => {
  const list = TOOLS.map(describe)
  const checks = new Map(TOOLS.map((tool) => [tool.name, validator.strict(tool.input)]))
  /** The errors in a tool's arguments, in words. */
  function problemWith(name: string, given: unknown): string | undefined {
    const check = checks.get(name)
    if (check === undefined || check(given)) return undefined
    const problems = describeViolations(check.errors ?? [], 'arguments')
    return problems.map(({ field, message }) => `${field} ${message}`).join('; ')
  }
  app.post(
    '/mcp',
    {
      // A tool's changes are counted and recorded like any other change.
      config: { scope: 'read', isChange: false },
      bodyLimit: MOST_BYTES,
      preParsing: async (request, reply) => {
        const holding = hold(request.caller, addressOf(request))
        // Without a length it may be the largest.
        holding.take(Math.min(Number(request.headers['content-length'] ?? MOST_BYTES), MOST_BYTES))
        reply.raw.once('close', holding.end)
      },
      schema: {
        operationId: 'callMcp',
        tags: ['server'],
        summary: 'Call a tool by the Model Context Protocol',
        description:
          'One JSON-RPC message, by revision 2026-07-28 or an earlier one from 2025-03-26 on. Each tool needs the scopes of the calls it makes.',
        body: ref(McpMessage),
        response: { 200: ref(McpAnswer) }
      }
    },
    async (request, reply) => {
      const signal = streams.watch(reply)
      const berth = createClient({ url: 'http://inside', fetch: fetchInside(app, request), tries: 1 })
      const call = (name: string, given: unknown) => {
        const tool = TOOLS.find((each) => each.name === name)
        return tool && use(tool, given)
      }
      async function use(tool: Tool, given: unknown): Promise<ToolResult> {
        const problem = problemWith(tool.name, given)
        if (problem !== undefined) return failure(problem)
        try {
          return { content: [{ type: 'text', text: asText(await tool.run(berth, given as never, signal)) }] }
        } catch (error) {
          if (!isBerthError(error)) throw error
          const { detail, code, errors } = error.problem
          return failure(asText(errors ? { code, detail, errors } : `${code}: ${detail}`))
        }
      }
      const tools: Tools = { list: () => list, call }
      const header = (name: string) => {
        const value = request.headers[name]
        return Array.isArray(value) ? value[0] : value
      }
      const { status, body } = await answer(request.body, { tools, version, header })
      // The statuses of the protocol are few, and a schema has all of them.
      return (reply as FastifyReply).status(status).send(body)
    }
  )
}

/** For the model to read and correct. */
function failure(text: string): ToolResult {
  return { content: [{ type: 'text', text }], isError: true }
}
