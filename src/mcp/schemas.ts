import { Type } from '@sinclair/typebox'

export const McpMessage = Type.Object(
  {
    jsonrpc: Type.Optional(Type.String({ examples: ['2.0'] })),
    id: Type.Optional(Type.Union([Type.String(), Type.Number()])),
    method: Type.Optional(Type.String({ examples: ['tools/list'] }))
  },
  { $id: 'McpMessage', additionalProperties: true, description: 'A message of JSON-RPC 2.0; docs/mcp.md has the rest.' }
)
