// Readiness probes of a published port: null if the workload answers, else the reason.

import net from 'node:net'
import http from 'node:http'

const CONNECT_TIMEOUT_MS = 1_000
const HTTP_TIMEOUT_MS = 5_000

// Docker's proxy accepts on the host before it tries the container, and closes at once if nothing listens there. So a
// connection counts only if it is still open, or has received data, a moment later.
const STAYS_OPEN_MS = 100

export type Target = { host: string; port: number }

export function probeConnection({ host, port }: Target, signal: AbortSignal): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port, signal })
    const finish = (answer: string | null) => {
      clearTimeout(limit)
      clearTimeout(settled)
      socket.destroy()
      resolve(answer)
    }
    let settled: NodeJS.Timeout | undefined
    const unanswered = 'the connection is not answered'
    const limit = setTimeout(() => finish(unanswered), CONNECT_TIMEOUT_MS)
    socket.on('connect', () => {
      settled = setTimeout(() => finish(null), STAYS_OPEN_MS)
    })
    socket.on('data', () => finish(null))
    socket.on('end', () => finish('nobody listens inside the container'))
    socket.on('error', () => finish(signal.aborted ? unanswered : 'the connection is refused'))
  })
}

/** Whether a GET is answered with a status below 400. */
export function probeHttp({ host, port }: Target, path: string, signal: AbortSignal): Promise<string | null> {
  return new Promise((resolve) => {
    const request = http.get({ host, port, path, signal, agent: false, timeout: HTTP_TIMEOUT_MS }, (answer) => {
      answer.resume()
      const status = answer.statusCode ?? 500
      resolve(status < 400 ? null : `GET ${path} is answered with status ${status}`)
      request.destroy()
    })
    request.on('timeout', () => request.destroy(new Error('no answer')))
    request.on('error', () => resolve(`GET ${path} is not answered`))
  })
}
