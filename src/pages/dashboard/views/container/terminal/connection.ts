// A terminal's connection: starts a command, or resumes a session of this tab, also after a lost connection.

import {
  decodeServer,
  DETACH_CODE,
  encodeClient,
  protocolsFor,
  type ClientFrame,
  type Ended
} from '../../../../../terminal/frames.ts'
import { send as request, problemFrom } from '../../../api/client.ts'
import type { Problem } from '../../../../../client/api.ts'
import { token } from '../../../state/session.ts'

export type Size = { cols: number; rows: number }
export type Handlers = {
  size: () => Size
  /** Calls back when the bytes are processed. Until then at most one window of bytes arrives. */
  onOutput: (bytes: Uint8Array, done: () => void) => void
  onOpened: (command: string) => void
  onLost: () => void
  onEnded: (how: Ended | { problem: Problem }) => void
}

const AGAIN_MS = [250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000]
/** The longest piece of input in one message. */
const PIECE_BYTES = 32 * 1024
const encoder = new TextEncoder()

export function connect(id: string, { size, onOutput, onOpened, onLost, onEnded }: Handlers) {
  const path = `/containers/${encodeURIComponent(id)}/terminal`
  const key = `berth-terminal ${id}`
  let session = sessionStorage.getItem(key) ?? undefined
  /** The number of received output bytes. Zero for a session of an earlier page. */
  let received: number | undefined
  let socket: WebSocket
  let tries = 0
  let isOver = false
  let timer: ReturnType<typeof setTimeout> | undefined

  function end(how: Parameters<typeof onEnded>[0]): void {
    isOver = true
    sessionStorage.removeItem(key)
    onEnded(how)
  }

  function open(): void {
    const url = new URL(path, location.href.replace(/^http/, 'ws'))
    socket = new WebSocket(url, protocolsFor(token() ?? undefined))
    socket.binaryType = 'arraybuffer'
    let wasOpen = false
    socket.addEventListener('open', () => {
      wasOpen = true
      const resume = session === undefined ? {} : { session, ...(received !== undefined && { received }) }
      send({ kind: 'open', open: { ...resume, ...size() } })
    })
    socket.addEventListener('message', ({ data }) => take(new Uint8Array(data as ArrayBuffer)))
    socket.addEventListener('close', () => {
      if (isOver) return
      // A browser hides why the server refused an upgrade. A plain request to the same address tells.
      if (!wasOpen && tries === 0) void whyNot()
      else again()
    })
  }

  async function whyNot(): Promise<void> {
    try {
      await request(path)
    } catch (error) {
      const problem = problemFrom(error)
      if (problem.code === 'UPGRADE_NEEDED' || problem.code === 'SERVER_UNREACHABLE') again()
      else end({ problem })
    }
  }

  function again(): void {
    if (isOver) return
    onLost()
    const pause = AGAIN_MS[tries++]
    if (pause === undefined) return end({ exit_code: null, reason: 'the connection was lost' })
    timer = setTimeout(open, pause)
  }

  function take(bytes: Uint8Array): void {
    const frame = decodeServer(bytes)
    if (frame?.kind === 'opened') {
      tries = 0
      session = frame.opened.session
      received = frame.opened.offset
      sessionStorage.setItem(key, session)
      onOpened(frame.opened.command.join(' '))
    } else if (frame?.kind === 'output') {
      received = (received ?? 0) + frame.bytes.length
      const position = received
      onOutput(frame.bytes, () => send({ kind: 'ack', received: position }))
    } else if (frame?.kind === 'ended') end(frame.ended)
    else if (frame?.kind === 'failed') fail(frame.failed.code, frame.failed.detail)
  }

  function fail(code: string, detail: string): void {
    // The session ended while this page was away, so start a new one.
    if (code === 'TERMINAL_NOT_FOUND' && received === undefined) {
      session = undefined
      sessionStorage.removeItem(key)
      return again()
    }
    const type = `/docs/errors#${code.toLowerCase()}`
    end({
      problem: { type, title: 'The terminal ended', status: 0, detail, code, retryable: true, request_id: '' }
    })
  }

  function send(frame: ClientFrame): void {
    if (socket.readyState === WebSocket.OPEN) socket.send(encodeClient(frame))
  }

  open()
  return {
    type(text: string): void {
      const bytes = encoder.encode(text)
      for (let at = 0; at < bytes.length; at += PIECE_BYTES)
        send({ kind: 'input', bytes: bytes.subarray(at, at + PIECE_BYTES) })
    },
    resize: (to: Size) => send({ kind: 'resize', ...to }),
    /** The session waits for a minute, so another view of the page, or a reload, resumes it. */
    leave(): void {
      isOver = true
      clearTimeout(timer)
      socket.close(DETACH_CODE)
    }
  }
}
