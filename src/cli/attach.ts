// A terminal in a container, in this terminal. docs/terminal.md has the protocol.

import { WebSocket, type ClientOptions } from 'ws'
import {
  decodeServer,
  DETACH_CODE,
  encodeClient,
  protocolsFor,
  type ClientFrame,
  type ServerFrame
} from '../terminal/frames.ts'
import type { Target } from './contexts.ts'
import { EXIT } from './exit-codes.ts'
import type { Session } from './session.ts'

/** Ctrl-P, Ctrl-Q. */
const DETACH = Buffer.of(0x10, 0x11)

type Wanted = { container: string; command: string[]; session: string | undefined; user: string | undefined }

/** Resolves with the exit code of the command in the terminal. */
export async function attach(session: Session, { container, command, session: old, user }: Wanted): Promise<number> {
  const { out, note } = session
  const input = session.input as NodeJS.ReadStream
  const socket = connect(session.target(), container)
  const send = (frame: ClientFrame) => socket.readyState === WebSocket.OPEN && socket.send(encodeClient(frame))
  const size = () => ({ cols: out.columns || 80, rows: out.rows || 24 })
  const resize = () => send({ kind: 'resize', ...size() })
  let id = old
  let received = 0

  const code = await new Promise<number>((resolve) => {
    function leave(code: number, message?: string): void {
      if (message !== undefined) note(`\r\n${message}`)
      resolve(code)
    }
    function take(frame: ServerFrame): void {
      if (frame.kind === 'opened') {
        id = frame.opened.session
        received = frame.opened.offset
      } else if (frame.kind === 'output') {
        received += frame.bytes.length
        const position = received
        // Acknowledged when it is shown: a slow terminal slows the program, and nothing accumulates in between.
        out.write(frame.bytes, () => send({ kind: 'ack', received: position }))
      } else if (frame.kind === 'failed') leave(EXIT.failed, frame.failed.detail)
      else
        leave(
          frame.ended.exit_code ?? EXIT.failed,
          frame.ended.reason === 'exited' ? undefined : `The terminal ended: ${frame.ended.reason}.`
        )
    }
    const type = createTyping({
      send: (bytes) => send({ kind: 'input', bytes }),
      detach: () => {
        socket.close(DETACH_CODE)
        leave(EXIT.done, `Detached. Come back within a minute: berth attach --session ${id ?? ''} ${container}`)
      }
    })

    socket.on('open', () => {
      const open =
        id === undefined
          ? { ...(command.length > 0 && { command }), ...(user !== undefined && { user }) }
          : { session: id }
      send({ kind: 'open', open: { ...open, ...size() } })
      if (input.isTTY) input.setRawMode(true)
      input.on('data', type)
      out.on('resize', resize)
    })
    socket.on('message', (data: Buffer) => {
      const frame = decodeServer(data)
      if (frame) take(frame)
    })
    socket.on('unexpected-response', (_request, answer) => {
      let text = ''
      answer.on('data', (piece: Buffer) => (text += piece.toString()))
      answer.on('end', () => leave(EXIT.failed, detailOf(text)))
    })
    socket.on('error', (error) => leave(EXIT.unreachable, error.message))
    socket.on('close', () =>
      leave(EXIT.failed, `The connection broke. Come back within a minute: --session ${id ?? '-'}`)
    )
  })
  out.off('resize', resize)
  if (input.isTTY) input.setRawMode(false)
  input.pause()
  socket.terminate()
  return code
}

/** Ctrl-P is held back until it is clear whether Ctrl-Q follows. */
function createTyping({ send, detach }: { send: (bytes: Buffer) => void; detach: () => void }) {
  let hasPrefix = false
  return (bytes: Buffer): void => {
    const pending = hasPrefix ? Buffer.concat([DETACH.subarray(0, 1), bytes]) : bytes
    const end = pending.indexOf(DETACH)
    hasPrefix = end === -1 && pending.at(-1) === DETACH[0]
    const typed = pending.subarray(0, end === -1 ? pending.length - Number(hasPrefix) : end)
    if (typed.length > 0) send(typed)
    if (end !== -1) detach()
  }
}

function connect({ url, token }: Target, name: string): WebSocket {
  const route = `/containers/${encodeURIComponent(name)}/terminal`
  const options: ClientOptions = { perMessageDeflate: false }
  const path = /^unix:(?:\/\/)?(\/.+)$/.exec(url)?.[1]
  if (path !== undefined)
    return new WebSocket(`ws+unix:${path}:${route}`, protocolsFor(token), {
      ...options,
      headers: { host: 'localhost' }
    })
  return new WebSocket(`${url.replace(/^http/, 'ws').replace(/\/+$/, '')}${route}`, protocolsFor(token), options)
}

function detailOf(text: string): string {
  try {
    return (JSON.parse(text) as { detail: string }).detail
  } catch {
    return text || 'The server refused.'
  }
}
