// Calls of gRPC as no library would make them: any headers, any bytes.

import http2, { type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http2'
import { Code, type ConnectError } from '@connectrpc/connect'
import { findTrailerError } from '@connectrpc/connect/protocol-grpc'
import { ErrorInfoSchema } from '../../src/rpc/gen/google/rpc/error_details_pb.ts'

export type RawCall = {
  path: string
  headers?: OutgoingHttpHeaders
  /** Sent one after the other. */
  body?: Uint8Array[]
  /** Goes away after so long. */
  patienceMs?: number
}
export type RawAnswer = {
  http: number
  /** 'OK' or the name of an error; undefined when the call was not answered as gRPC does. */
  status: string | undefined
  message: string
  /** The code of the catalogue. */
  reason: string | undefined
  headers: IncomingHttpHeaders
  body: Buffer
  /** It was left while it went on. */
  left: boolean
}

const GO_ON_MS = 20_000

/** One connection, over which any number of calls go. */
export function connectRaw(port: number) {
  const session = http2.connect(`http://127.0.0.1:${port}`)
  session.on('error', () => {})

  return {
    session,
    call({ path, headers = {}, body = [envelope()], patienceMs = GO_ON_MS }: RawCall): Promise<RawAnswer> {
      const stream = session.request({
        ':method': 'POST',
        ':path': path,
        ':authority': `127.0.0.1:${port}`,
        'content-type': 'application/grpc',
        te: 'trailers',
        ...headers
      })
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
          resolve({ http, ...statusOf({ ...head, ...tail }), headers: head, body: Buffer.concat(pieces), left })
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

export function statusName(code: Code): string {
  return Code[code]
    .replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_')
    .toUpperCase()
    .replace('CANCELED', 'CANCELLED')
}

export function reasonOf(error: ConnectError): string | undefined {
  return error.findDetails(ErrorInfoSchema)[0]?.reason
}

function statusOf(headers: IncomingHttpHeaders): Pick<RawAnswer, 'status' | 'message' | 'reason'> {
  if (headers['grpc-status'] === undefined) return { status: undefined, message: '', reason: undefined }
  const told = Object.entries(headers).filter(([name]) => name.startsWith('grpc-'))
  const error = findTrailerError(new Headers(told.map(([name, value]) => [name, String(value)])))
  if (!error) return { status: 'OK', message: '', reason: undefined }
  return { status: statusName(error.code), message: error.rawMessage, reason: reasonOf(error) }
}
