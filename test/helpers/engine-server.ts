// The adapter against a server that answers like an engine, for tests of its requests and of its results.

import http from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import { createConnection } from '../../src/engine/docker/connection.ts'
import { createDockerEngine } from '../../src/engine/docker/engine.ts'
import { silentLog } from './records.ts'

type Asked = { method: string; path: string; query: Record<string, string>; body: unknown }
export type Answer = (asked: Asked, answer: http.ServerResponse) => void

export const json =
  (status: number, body: unknown): Answer =>
  (_asked, answer) =>
    answer.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))

export async function engineThat(
  t: Test,
  answers: Record<string, Answer>,
  given: {
    concurrency?: number
    queue?: number
    whose?: () => string | undefined
    changeTimeoutMs?: number
    registryIdleMs?: number
    registryTimeoutMs?: number
    version?: object
  } = {}
) {
  const asked: Asked[] = []
  const server = http.createServer((request, answer) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://engine')
    let text = ''
    request.on('data', (chunk) => (text += chunk))
    request.on('end', () => {
      if (pathname === '/_ping') return answer.writeHead(200, { 'api-version': '1.41' }).end('OK')
      const path = pathname.replace(/^\/v1\.41/, '')
      if (path === '/version') return json(200, given.version ?? { Version: '20.10.24' })(undefined as never, answer)
      const call = {
        method: request.method ?? '',
        path,
        query: Object.fromEntries(searchParams),
        body: request.headers['content-type'] === 'application/json' ? JSON.parse(text) : undefined
      }
      asked.push(call)
      const known = answers[`${call.method} ${path}`]
      if (known) known(call, answer)
      else json(500, { message: `not expected: ${call.method} ${path}` })(call, answer)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const connection = createConnection({
    candidates: [{ kind: 'tcp', protocol: 'http', host: '127.0.0.1', port, source: 'test' }],
    log: silentLog
  })
  t.teardown(() => {
    connection.close()
    server.closeAllConnections()
    server.close()
  })
  await connection.start()
  const engine = createDockerEngine({
    connection,
    log: silentLog,
    concurrency: 16,
    queue: 1000,
    changeTimeoutMs: 5_000,
    registryIdleMs: 5_000,
    registryTimeoutMs: 9_000,
    ...given
  })
  return { engine, asked, connection }
}
