// Calls of gRPC and Connect that no library would make: any headers, any bytes.

import http2, { type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http2'
import { connect } from 'node:net'
import { fromBinary } from '@bufbuild/protobuf'
import { Code } from '@connectrpc/connect'
import { findTrailerError } from '@connectrpc/connect/protocol-grpc'
import { ErrorInfoSchema } from '../../src/rpc/gen/google/rpc/error_details_pb.ts'

export type RawCall = {
  path: string
  headers?: OutgoingHttpHeaders
  /** Sent one after the other. */
  body?: Uint8Array[]
  /** Disconnects after this time. */
  patienceMs?: number
}
type Outcome = {
  /** 'OK' or the name of an error; undefined if the answer does not follow the protocol. */
  status: string | undefined
  message: string
  /** The code of the catalogue. */
  reason: string | undefined
}
export type RawAnswer = Outcome & {
  http: number
  headers: IncomingHttpHeaders
  body: Buffer
  /** The caller left before its end. */
  left: boolean
}

const GO_ON_MS = 20_000

/** One connection for any number of calls, from an address of this machine. */
export function connectRaw(port: number, localAddress = '127.0.0.1') {
  const session = http2.connect(`http://127.0.0.1:${port}`, {
    createConnection: () => connect({ port, host: '127.0.0.1', localAddress })
  })
  session.on('error', () => {})

  return {
    session,
    call({ path, headers = {}, body = [envelope()], patienceMs = GO_ON_MS }: RawCall): Promise<RawAnswer> {
      const sent = {
        ':method': 'POST',
        ':path': path,
        ':authority': `127.0.0.1:${port}`,
        'content-type': 'application/grpc',
        te: 'trailers',
        ...headers
      }
      const stream = session.request(sent, { endStream: false })
      const pieces: Buffer[] = []
      let head: IncomingHttpHeaders = {}
      let tail: IncomingHttpHeaders = {}
      let left = false
      const leave = setTimeout(() => {
        left = true
        stream.close(http2.constants.NGHTTP2_CANCEL)
      }, patienceMs)
      stream.on('response', (sent) => (head = sent))
      stream.on('trailers', (sent) => (tail = sent))
      stream.on('data', (piece: Buffer) => pieces.push(piece))
      return new Promise((resolve, reject) => {
        stream.on('error', (error: Error) => {
          clearTimeout(leave)
          if (!left) reject(error)
        })
        stream.on('close', () => {
          clearTimeout(leave)
          const http = Number(head[':status'] ?? 0)
          const body = Buffer.concat(pieces)
          resolve({ http, ...outcomeOf({ ...head, ...tail }, http, body), headers: head, body, left })
        })
        for (const piece of body) stream.write(piece)
        stream.end()
      })
    },
    close: () =>
      new Promise<void>((resolve) => {
        if (session.destroyed) resolve()
        else session.close(resolve)
      })
  }
}

/** A message as gRPC frames it. */
export function envelope(message: Uint8Array = new Uint8Array(), flags = 0, length = message.length): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt8(flags)
  head.writeUInt32BE(length, 1)
  return Buffer.concat([head, message])
}

function outcomeOf(headers: IncomingHttpHeaders, http: number, body: Buffer): Outcome {
  const type = headers['content-type'] ?? ''
  if (type.startsWith('application/grpc')) return outcomeOfGrpc(headers)
  if (type.startsWith('application/connect+')) return outcomeOfConnect(endOf(body)?.error)
  if (type.startsWith('application/json')) return outcomeOfConnect(http === 200 ? undefined : parse(body))
  return { ...FINE, status: type.startsWith('application/proto') && http === 200 ? 'OK' : undefined }
}

const FINE = { status: 'OK', message: '', reason: undefined }

function outcomeOfGrpc(headers: IncomingHttpHeaders): Outcome {
  if (headers['grpc-status'] === undefined) return { ...FINE, status: undefined }
  const told = Object.entries(headers).filter(([name]) => name.startsWith('grpc-'))
  const error = findTrailerError(new Headers(told.map(([name, value]) => [name, String(value)])))
  if (!error) return FINE
  const [info] = error.findDetails(ErrorInfoSchema)
  const name = Code[error.code].replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase()
  return { status: spelt(name), message: error.rawMessage, reason: info?.reason }
}

type ConnectFailure = { code?: string; message?: string; details?: { type: string; value: string }[] }

function outcomeOfConnect(error: ConnectFailure | undefined): Outcome {
  if (!error) return FINE
  const { code = 'nothing', message = '', details = [] } = error
  const info = details.find(({ type }) => type === ErrorInfoSchema.typeName)
  const reason = info && fromBinary(ErrorInfoSchema, Buffer.from(info.value, 'base64')).reason
  return { status: spelt(code.toUpperCase()), message, reason }
}

/** The last message of a Connect stream has the status of its end. */
function endOf(body: Buffer): { error?: ConnectFailure } | undefined {
  for (let at = 0; at + 5 <= body.length;) {
    const end = at + 5 + body.readUInt32BE(at + 1)
    if (body.readUInt8(at) & 2) return parse(body.subarray(at + 5, end))
    at = end
  }
  return undefined
}

const parse = <T>(json: Buffer): T => JSON.parse(json.toString()) as T
const spelt = (name: string) => name.replace('CANCELED', 'CANCELLED')
