// The Model Context Protocol over stdio: every line is a message, handed on to the server and back. What a tool is, and may do,
// the server knows.

import { createInterface } from 'node:readline'
import type { McpMessage } from '../../client/api.ts'
import { BerthError } from '../../client/errors.ts'
import { command, type Command } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import type { Session } from '../session.ts'

const PARSE_ERROR = -32700
const INTERNAL_ERROR = -32603
/** The version in the metadata of a message, which the HTTP endpoint also expects as a header. */
const VERSION = 'io.modelcontextprotocol/protocolVersion'

type Params = { name?: string; _meta?: Record<string, unknown> }

export const mcpCommands: readonly Command[] = [
  command({
    name: 'mcp',
    about: 'Offer the tools of the server to a model over stdio.',
    more: 'For programs that start a server of the Model Context Protocol themselves; others use POST /mcp. docs/mcp.md lists the tools.',
    examples: [
      ['berth mcp', 'of the server that BERTH_URL or the context names'],
      ['claude mcp add berth -- npx @berth/berth mcp', 'in Claude Code']
    ],
    async run(session) {
      const { input, signal } = session
      const open = new Set<Promise<void>>()
      for await (const line of createInterface({ input, signal })) {
        if (line.trim() === '') continue
        // A long call does not delay the others.
        const work = handOn(session, line)
        open.add(work)
        void work.finally(() => open.delete(work))
      }
      await Promise.all(open)
      return EXIT.done
    }
  })
]

async function handOn(session: Session, line: string): Promise<void> {
  const reply = await replyTo(session, line)
  if (reply !== undefined) session.out.write(`${JSON.stringify(reply)}\n`)
}

async function replyTo({ berth, signal }: Session, line: string): Promise<object | undefined> {
  let message: McpMessage
  try {
    message = JSON.parse(line) as McpMessage
  } catch {
    return { jsonrpc: '2.0', id: null, error: { code: PARSE_ERROR, message: 'This line is not JSON.' } }
  }
  try {
    const answer = await berth.request('callMcp', { body: message }, { signal, headers: headersOf(message) })
    return answer.status === 202 ? undefined : ((await answer.json()) as object)
  } catch (error) {
    return answerOf(error, message)
  }
}

function headersOf({ method, params }: McpMessage): Record<string, string> {
  const { name, _meta: meta } = (params ?? {}) as Params
  const version = meta?.[VERSION]
  return {
    ...(typeof version === 'string' && { 'mcp-protocol-version': version }),
    ...(method !== undefined && { 'mcp-method': method }),
    ...(typeof name === 'string' && { 'mcp-name': name })
  }
}

/** An error of the protocol comes with a status of HTTP, and its body is the answer. */
function answerOf(error: unknown, { id = null as never }: McpMessage): object {
  if (error instanceof BerthError && error.body !== undefined) return error.body
  const message = error instanceof Error ? error.message : String(error)
  return { jsonrpc: '2.0', id, error: { code: INTERNAL_ERROR, message } }
}
