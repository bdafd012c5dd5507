import { Type } from '@sinclair/typebox'

const jsonrpc = Type.Optional(Type.String({ maxLength: 16, examples: ['2.0'] }))
const id = Type.Optional(
  Type.Union([
    Type.String({ maxLength: 256 }),
    Type.Number({ minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER })
  ])
)
const Anything = Type.Object({}, { additionalProperties: true })

export const McpMessage = Type.Object(
  { jsonrpc, id, method: Type.Optional(Type.String({ maxLength: 256, examples: ['tools/list'] })) },
  {
    $id: 'McpMessage',
    additionalProperties: true,
    description: 'A message of JSON-RPC 2.0; docs/mcp.md has the rest.',
    examples: [{ jsonrpc: '2.0', id: 1, method: 'tools/list' }]
  }
)

export const McpAnswer = Type.Object(
  { jsonrpc, id, result: Type.Optional(Anything), error: Type.Optional(Anything) },
  {
    $id: 'McpAnswer',
    additionalProperties: true,
    description: 'The answer to a message of JSON-RPC 2.0.',
    examples: [{ jsonrpc: '2.0', id: 1, result: { tools: [] } }]
  }
)
