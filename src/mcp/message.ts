// JSON-RPC in the form of MCP, and the errors of its specification. Pure.

export type Message = { jsonrpc?: unknown; id?: string | number; method?: string; params?: Params }
export type Params = Record<string, unknown> & { _meta?: Record<string, unknown>; name?: unknown; arguments?: unknown }
/** An HTTP status and the answer; a notification gets none. */
export type Reply = {
  status: number
  body?: { jsonrpc: '2.0'; id: string | number | null; result?: unknown; error?: unknown }
}

export const INVALID_REQUEST = -32600
export const METHOD_NOT_FOUND = -32601
export const INVALID_PARAMS = -32602
export const HEADER_MISMATCH = -32020
export const UNSUPPORTED_VERSION = -32022

/** A client error, in the words of the protocol. */
export class McpError extends Error {
  readonly code: number
  readonly status: number
  readonly data: unknown

  constructor(code: number, message: string, { status = 400, data }: { status?: number; data?: unknown } = {}) {
    super(message)
    this.code = code
    this.status = status
    this.data = data
  }
}

export function resultOf({ id = null as never }: Message, result: unknown): Reply {
  return { status: 200, body: { jsonrpc: '2.0', id, result } }
}

export function errorOf(message: Message, { code, message: text, status, data }: McpError): Reply {
  const error = { code, message: text, ...(data !== undefined && { data }) }
  return { status, body: { jsonrpc: '2.0', id: message.id ?? null, error } }
}
