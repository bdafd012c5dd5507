// Errors before there is a request: Node's parser has no response object, so the response is written by hand.

import { randomUUID } from 'node:crypto'
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { AppError, ERRORS, type ErrorCode } from '../errors.ts'
import { problemOf } from './errors.ts'

const CODES: Record<string, ErrorCode> = {
  HPE_HEADER_OVERFLOW: 'HEADERS_TOO_LARGE',
  ERR_HTTP_REQUEST_TIMEOUT: 'REQUEST_TIMEOUT'
}
const DETAILS: Partial<Record<ErrorCode, string>> = {
  HEADERS_TOO_LARGE: 'The headers and the path together are larger than 16 KiB.',
  REQUEST_TIMEOUT: 'The request did not arrive in full in time.'
}

export function answerRawError({ code = '' }: { code?: string }, socket: Socket): void {
  if (code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const known = CODES[code] ?? 'INVALID_REQUEST'
  const error = new AppError(known, DETAILS[known] ?? 'This is not an HTTP request.')
  const requestId = randomUUID()
  const body = JSON.stringify(problemOf(error, requestId))
  const head = [
    `HTTP/1.1 ${ERRORS[known].status} ${ERRORS[known].title}`,
    'connection: close',
    'content-type: application/problem+json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'x-content-type-options: nosniff',
    'cache-control: no-store',
    `x-request-id: ${requestId}`
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}

/** An unknown expectation is handled like any request; Node itself would send an empty 417. */
export function ignoreExpectations(server: Server): void {
  server.on('checkExpectation', (request, response) => server.emit('request', request, response))
}
