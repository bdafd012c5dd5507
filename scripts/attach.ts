// A terminal in a container, in this terminal: npm run attach -- NAME [command …]. Ctrl-P Ctrl-Q leaves it running.

import { parseArgs } from 'node:util'
import { WebSocket, type ClientOptions } from 'ws'
import type { Config } from '../src/config.ts'
import { loadConfig } from '../src/load-config.ts'
import { decodeServer, DETACH_CODE, encodeClient, protocolsFor, type ClientFrame } from '../src/terminal/frames.ts'

const USAGE = `Usage:
  npm run attach -- <container> [--session <id>] [--user <user>] [-- <command> …]

Without a command: the best shell of the image. Ctrl-P Ctrl-Q leaves the terminal open for a minute and says its session.
BERTH_TOKEN has a token with the scope exec, where the server wants one.`

const CTRL_P = 0x10
const CTRL_Q = 0x11

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { session: { type: 'string' }, user: { type: 'string' } }
})
const [container, ...command] = positionals
if (container === undefined) {
  process.stderr.write(`${USAGE}\n`)
  process.exit(2)
}

const { stdin, stdout } = process
const socket = connect(loadConfig(process.env).config, container)
const send = (frame: ClientFrame) => socket.readyState === WebSocket.OPEN && socket.send(encodeClient(frame))
const size = () => ({ cols: stdout.columns ?? 80, rows: stdout.rows ?? 24 })
let session = values.session
let received = 0
let hasPrefix = false

socket.on('open', () => {
  const { user } = values
  const open = session === undefined ? { ...(command.length > 0 && { command }), ...(user && { user }) } : { session }
  send({ kind: 'open', open: { ...open, ...size() } })
  if (stdin.isTTY) stdin.setRawMode(true)
  stdin.on('data', type)
  stdout.on('resize', () => send({ kind: 'resize', ...size() }))
})
socket.on('message', (data: Buffer) => {
  const frame = decodeServer(data)
  if (frame?.kind === 'opened') {
    session = frame.opened.session
    received = frame.opened.offset
  } else if (frame?.kind === 'output') {
    received += frame.bytes.length
    const position = received
    // Acknowledged when it is shown: a slow terminal slows the program, and nothing piles up in between.
    stdout.write(frame.bytes, () => send({ kind: 'ack', received: position }))
  } else if (frame?.kind === 'failed') leave(1, frame.failed.detail)
  else if (frame?.kind === 'ended') {
    const { exit_code: code, reason } = frame.ended
    leave(code ?? 1, reason === 'exited' ? undefined : `The terminal ended: ${reason}.`)
  }
})
socket.on('unexpected-response', (_request, answer) => {
  let text = ''
  answer.on('data', (piece: Buffer) => (text += piece.toString()))
  answer.on('end', () => leave(1, detailOf(text)))
})
socket.on('error', (error) => leave(1, error.message))
socket.on('close', () => leave(1, `The connection broke. Come back within a minute: --session ${session ?? '-'}`))

function type(bytes: Buffer): void {
  if (hasPrefix && bytes[0] === CTRL_Q) {
    socket.close(DETACH_CODE)
    return leave(0, `Detached. Come back within a minute: npm run attach -- ${container} --session ${session ?? ''}`)
  }
  const pending = hasPrefix ? Buffer.concat([Buffer.of(CTRL_P), bytes]) : bytes
  hasPrefix = pending.at(-1) === CTRL_P
  const typed = hasPrefix ? pending.subarray(0, -1) : pending
  if (typed.length > 0) send({ kind: 'input', bytes: typed })
}

function leave(code: number, message?: string): never {
  if (stdin.isTTY) stdin.setRawMode(false)
  if (message !== undefined) process.stderr.write(`\r\n${message}\n`)
  process.exit(code)
}

function connect({ socket: path, host, port, tlsCert, token }: Config, name: string): WebSocket {
  const route = `/containers/${encodeURIComponent(name)}/terminal`
  const options: ClientOptions = { perMessageDeflate: false, headers: { host: 'localhost' } }
  if (path !== undefined) return new WebSocket(`ws+unix:${path}:${route}`, protocolsFor(token), options)
  const address = ['0.0.0.0', '::'].includes(host) ? 'localhost' : host.includes(':') ? `[${host}]` : host
  const scheme = tlsCert === undefined ? 'ws' : 'wss'
  return new WebSocket(`${scheme}://${address}:${port}${route}`, protocolsFor(token), options)
}

function detailOf(text: string): string {
  try {
    return (JSON.parse(text) as { detail: string }).detail
  } catch {
    return text || 'The server refused.'
  }
}
