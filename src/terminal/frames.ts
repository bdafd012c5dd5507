// The frames between a terminal and its client: one byte for the kind, then the content. Pure and without imports, so a
// page in a browser uses the same file. docs/terminal.md explains the protocol.

/** The subprotocol that both sides speak. */
export const TERMINAL_PROTOCOL = 'berth.terminal.v1'
const TOKEN_PREFIX = 'berth.token.'

/** Limit of unacknowledged output bytes, and of the output that a resuming client gets again. */
export const WINDOW_BYTES = 256 * 1024
/** Output that the server sends in one frame. */
export const PIECE_BYTES = 32 * 1024
/** The close code with which a client leaves the session open. */
export const DETACH_CODE = 4000

/** A new session, or one to resume. */
export type Start = {
  command?: string[]
  env?: Record<string, string>
  working_dir?: string
  user?: string
  cols?: number
  rows?: number
}
export type Resume = { session: string; received?: number; cols?: number; rows?: number }
/** `offset` is the position in the output of the first byte that follows. */
export type Opened = { session: string; command: string[]; offset: number }
export type Ended = { exit_code: number | null; reason: string }
export type Failed = { code: string; detail: string }

export type ClientFrame =
  | { kind: 'open'; open: Start | Resume }
  | { kind: 'input'; bytes: Uint8Array }
  | { kind: 'resize'; cols: number; rows: number }
  /** `received` counts all bytes of output since the beginning of the session. */
  | { kind: 'ack'; received: number }
  | { kind: 'signal'; signal: string }

export type ServerFrame =
  | { kind: 'opened'; opened: Opened }
  | { kind: 'output'; bytes: Uint8Array }
  | { kind: 'ended'; ended: Ended }
  | { kind: 'failed'; failed: Failed }

const OF_CLIENT = { open: 1, input: 2, resize: 3, ack: 4, signal: 5 } as const
const OF_SERVER = { opened: 1, output: 2, ended: 3, failed: 4 } as const

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** The subprotocols of a client; the token is one of them, since a browser cannot send its own headers. */
export function protocolsFor(token: string | undefined): string[] {
  return token === undefined ? [TERMINAL_PROTOCOL] : [TERMINAL_PROTOCOL, TOKEN_PREFIX + toBase64Url(token)]
}

/** The token among the subprotocols of a request, and the others. */
export function tokenAmong(protocols: string[]): { token: string | undefined; others: string[] } {
  const carrier = protocols.find((each) => each.startsWith(TOKEN_PREFIX))
  return {
    token: carrier === undefined ? undefined : fromBase64Url(carrier.slice(TOKEN_PREFIX.length)),
    others: protocols.filter((each) => !each.startsWith(TOKEN_PREFIX))
  }
}

export function encodeClient(frame: ClientFrame): Uint8Array<ArrayBuffer> {
  if (frame.kind === 'open') return asJson(OF_CLIENT.open, frame.open)
  if (frame.kind === 'input') return asBytes(OF_CLIENT.input, frame.bytes)
  if (frame.kind === 'signal') return asBytes(OF_CLIENT.signal, encoder.encode(frame.signal))
  if (frame.kind === 'ack') {
    const { bytes, view } = blank(OF_CLIENT.ack, 8)
    view.setBigUint64(1, BigInt(frame.received))
    return bytes
  }
  const { bytes, view } = blank(OF_CLIENT.resize, 4)
  view.setUint16(1, frame.cols)
  view.setUint16(3, frame.rows)
  return bytes
}

export function encodeServer(frame: ServerFrame): Uint8Array<ArrayBuffer> {
  if (frame.kind === 'output') return asBytes(OF_SERVER.output, frame.bytes)
  if (frame.kind === 'opened') return asJson(OF_SERVER.opened, frame.opened)
  if (frame.kind === 'ended') return asJson(OF_SERVER.ended, frame.ended)
  return asJson(OF_SERVER.failed, frame.failed)
}

/** For a connection: output goes into the same memory over and over, so a frame is valid until the next one. */
export function createServerEncoder(): (frame: ServerFrame) => Uint8Array {
  const memory = new Uint8Array(1 + PIECE_BYTES)
  memory[0] = OF_SERVER.output
  return (frame) => {
    if (frame.kind !== 'output' || frame.bytes.length > PIECE_BYTES) return encodeServer(frame)
    memory.set(frame.bytes, 1)
    return memory.subarray(0, 1 + frame.bytes.length)
  }
}

/** Undefined for an invalid frame. The content of `open` is unchecked JSON; its receiver must validate it. */
export function decodeClient(bytes: Uint8Array): ClientFrame | undefined {
  const content = bytes.subarray(1)
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength)
  switch (bytes[0]) {
    case OF_CLIENT.open: {
      const open = fromJson(content)
      return typeof open === 'object' && open !== null ? { kind: 'open', open: open as Start | Resume } : undefined
    }
    case OF_CLIENT.input:
      return { kind: 'input', bytes: content }
    case OF_CLIENT.resize:
      if (content.length !== 4) return undefined
      return { kind: 'resize', cols: view.getUint16(0), rows: view.getUint16(2) }
    case OF_CLIENT.ack:
      return content.length === 8 ? { kind: 'ack', received: Number(view.getBigUint64(0)) } : undefined
    case OF_CLIENT.signal:
      return { kind: 'signal', signal: decoder.decode(content) }
    default:
      return undefined
  }
}

/** Undefined for a kind that this file does not know, which a client skips. */
export function decodeServer(bytes: Uint8Array): ServerFrame | undefined {
  const content = bytes.subarray(1)
  switch (bytes[0]) {
    case OF_SERVER.opened:
      return { kind: 'opened', opened: fromJson(content) as Opened }
    case OF_SERVER.output:
      return { kind: 'output', bytes: content }
    case OF_SERVER.ended:
      return { kind: 'ended', ended: fromJson(content) as Ended }
    case OF_SERVER.failed:
      return { kind: 'failed', failed: fromJson(content) as Failed }
    default:
      return undefined
  }
}

function blank(type: number, length: number) {
  const bytes = new Uint8Array(1 + length)
  bytes[0] = type
  return { bytes, view: new DataView(bytes.buffer) }
}

function asBytes(type: number, content: Uint8Array): Uint8Array<ArrayBuffer> {
  const { bytes } = blank(type, content.length)
  bytes.set(content, 1)
  return bytes
}

function asJson(type: number, content: object): Uint8Array<ArrayBuffer> {
  return asBytes(type, encoder.encode(JSON.stringify(content)))
}

function fromJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(bytes))
  } catch {
    return undefined
  }
}

function toBase64Url(text: string): string {
  const binary = String.fromCharCode(...encoder.encode(text))
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

function fromBase64Url(text: string): string | undefined {
  try {
    const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
    return decoder.decode(Uint8Array.from(binary, (character) => character.charCodeAt(0)))
  } catch {
    return undefined
  }
}
