// The Model Context Protocol: 2026-07-28, in which each request is self-contained, and the handshake of earlier revisions,
// which is stateless, too. The tools and their call are inputs. Pure.

import {
  errorOf,
  HEADER_MISMATCH,
  INVALID_PARAMS,
  INVALID_REQUEST,
  McpError,
  METHOD_NOT_FOUND,
  resultOf,
  UNSUPPORTED_VERSION,
  type Message,
  type Params,
  type Reply
} from './message.ts'

export type ToolResult = { content: { type: 'text'; text: string }[]; structuredContent?: object; isError?: boolean }
export type Tools = { list: () => object[]; call: (name: string, given: unknown) => Promise<ToolResult> | undefined }
type Server = { tools: Tools; version: string; header: (name: string) => string | undefined }

const NEWEST = '2026-07-28'
/** With a handshake. */
const EARLIER = ['2025-11-25', '2025-06-18', '2025-03-26']
const META = 'io.modelcontextprotocol/'
/** The tools change with the server only. */
const CACHE = { ttlMs: 300_000, cacheScope: 'public' }
const CAPABILITIES = { tools: {} }
const INSTRUCTIONS =
  'Berth runs containers. Use run for a task with files in and out; create_container for what stays. Errors say what to do.'

export async function answer(message: Message, server: Server): Promise<Reply> {
  try {
    if (message.jsonrpc !== '2.0' || typeof message.method !== 'string')
      throw new McpError(INVALID_REQUEST, 'This is no request of JSON-RPC 2.0.')
    // Notifications of clients change nothing here.
    if (message.id === undefined) return { status: 202 }
    return isNewest(message, server) ? await answerNewest(message, server) : await answerEarlier(message, server)
  } catch (error) {
    if (error instanceof McpError) return errorOf(message, error)
    throw error
  }
}

/** The handshake and the requests after it do not name the newest revision. */
function isNewest({ method, params }: Message, { header }: Server): boolean {
  if (params?._meta?.[`${META}protocolVersion`] !== undefined) return true
  const version = header('mcp-protocol-version')
  if (version === undefined) return method === 'server/discover'
  return !EARLIER.includes(version)
}

async function answerNewest(message: Message, server: Server): Promise<Reply> {
  checkRequest(message, server)
  const { version, tools } = server
  const known = { resultType: 'complete', _meta: { [`${META}serverInfo`]: { name: 'berth', version } } }
  const { method, params = {} } = message
  if (method === 'server/discover') {
    const found = { supportedVersions: [NEWEST, ...EARLIER], capabilities: CAPABILITIES, instructions: INSTRUCTIONS }
    return resultOf(message, { ...known, ...CACHE, ...found })
  }
  if (method === 'tools/list') return resultOf(message, { ...known, ...CACHE, tools: tools.list() })
  if (method === 'tools/call') return resultOf(message, { ...known, ...(await callTool(params, tools)) })
  throw unknownMethod(method, 404)
}

async function answerEarlier(message: Message, { version, tools }: Server): Promise<Reply> {
  const { method, params = {} } = message
  if (method === 'initialize') {
    const wanted = String(params.protocolVersion)
    const protocolVersion = EARLIER.includes(wanted) ? wanted : EARLIER[0]
    const serverInfo = { name: 'berth', version }
    return resultOf(message, { protocolVersion, capabilities: CAPABILITIES, serverInfo, instructions: INSTRUCTIONS })
  }
  if (method === 'ping') return resultOf(message, {})
  if (method === 'tools/list') return resultOf(message, { tools: tools.list() })
  if (method === 'tools/call') return resultOf(message, await callTool(params, tools))
  throw unknownMethod(method, 200)
}

/** The metadata of a request is in its body and in its headers, and both must agree. */
function checkRequest({ method, params }: Message, { header }: Server): void {
  const meta = params?._meta
  const version = meta?.[`${META}protocolVersion`]
  if (typeof version !== 'string') throw new McpError(INVALID_PARAMS, `_meta lacks ${META}protocolVersion.`)
  if (typeof meta?.[`${META}clientCapabilities`] !== 'object')
    throw new McpError(INVALID_PARAMS, `_meta lacks ${META}clientCapabilities.`)
  mustMatch('MCP-Protocol-Version', header('mcp-protocol-version'), version)
  if (version !== NEWEST)
    throw new McpError(UNSUPPORTED_VERSION, `The protocol version ${version} is not supported.`, {
      data: { supported: [NEWEST], requested: version }
    })
  mustMatch('Mcp-Method', header('mcp-method'), method ?? '')
  if (method === 'tools/call') mustMatch('Mcp-Name', header('mcp-name'), String(params?.name))
}

function mustMatch(name: string, value: string | undefined, expected: string): void {
  if (value?.trim() === expected) return
  const problem = value === undefined ? 'is missing' : `says "${value}"`
  throw new McpError(HEADER_MISMATCH, `The header ${name} ${problem}; the body says "${expected}".`)
}

async function callTool({ name, arguments: given = {} }: Params, tools: Tools): Promise<ToolResult> {
  const called = typeof name === 'string' ? tools.call(name, given) : undefined
  if (called === undefined) throw new McpError(INVALID_PARAMS, `There is no tool ${JSON.stringify(name)}.`)
  return called
}

function unknownMethod(method: string | undefined, status: number): McpError {
  return new McpError(METHOD_NOT_FOUND, `There is no method ${JSON.stringify(method)}.`, { status })
}
