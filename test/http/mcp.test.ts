// The Model Context Protocol: both kinds of revisions, the tools, and the limits of a tool, which are those of its token.

import http from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { build } from '../helpers/build.ts'
import { addTokens, bearer } from '../helpers/tokens.ts'
import { until } from '../helpers/until.ts'
import { openStore } from '../../src/store/sqlite/open.ts'

const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {}
}
type Server = Awaited<ReturnType<typeof build>>
type Answer = {
  status: number
  body: { result?: Record<string, never>; error?: { code: number; message: string; data: object } }
}

/** A request of the newest revision. */
async function send(
  server: Server,
  method: string,
  params: object = {},
  headers: Record<string, string> = {}
): Promise<Answer> {
  const { name } = params as { name?: string }
  const said = {
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': method,
    ...(name !== undefined && { 'mcp-name': name })
  }
  const message = { jsonrpc: '2.0', id: 7, method, params: { _meta: META, ...params } }
  const answer = await server.post('/mcp', message, { ...said, ...headers })
  return { status: answer.statusCode, body: answer.json() }
}

async function use(server: Server, name: string, given: object = {}, headers: Record<string, string> = {}) {
  const { body } = await send(server, 'tools/call', { name, arguments: given }, headers)
  const { content, isError = false } = body.result as unknown as { content: { text: string }[]; isError?: boolean }
  return { isError, text: content[0]?.text ?? '' }
}

t.test('requests need no session', async (t) => {
  const server = await build(t)
  const discovered = await send(server, 'server/discover')
  t.match(discovered, {
    status: 200,
    body: { id: 7, result: { resultType: 'complete', supportedVersions: ['2026-07-28'] } }
  })
  const { body } = await send(server, 'tools/list')
  const { tools, ttlMs } = body.result as unknown as {
    tools: { name: string; annotations: object; inputSchema: { type: string } }[]
    ttlMs: number
  }
  t.ok(ttlMs > 0)
  t.ok(tools.length <= 15)
  for (const { name, annotations, inputSchema } of tools) {
    t.match(annotations, { readOnlyHint: Boolean, destructiveHint: Boolean, title: /./ }, name)
    t.equal(inputSchema.type, 'object')
  }
  const hints = Object.fromEntries(tools.map(({ name, annotations }) => [name, annotations]))
  t.match(hints.get_logs, { readOnlyHint: true, destructiveHint: false })
  t.match(hints.remove_container, { readOnlyHint: false, destructiveHint: true })
})

t.test('protocol errors have their codes', async (t) => {
  const server = await build(t)
  const table: [what: string, answer: Promise<Answer>, status: number, code: number][] = [
    ['no _meta', send(server, 'tools/list', { _meta: undefined }), 400, -32602],
    [
      'another version',
      send(
        server,
        'tools/list',
        { _meta: { ...META, 'io.modelcontextprotocol/protocolVersion': '2030-01-01' } },
        { 'mcp-protocol-version': '2030-01-01' }
      ),
      400,
      -32022
    ],
    ['a header that differs', send(server, 'tools/list', {}, { 'mcp-method': 'tools/call' }), 400, -32020],
    ['a method of old', send(server, 'initialize'), 404, -32601],
    ['an unknown tool', send(server, 'tools/call', { name: 'format_disk' }), 400, -32602]
  ]
  for (const [what, answer, status, code] of table)
    t.match(await answer, { status, body: { id: 7, error: { code } } }, what)
  t.match((await server.post('/mcp', { jsonrpc: '2.0', method: 'notifications/initialized' })).statusCode, 202)
})

t.test('clients of earlier revisions initialize without a session', async (t) => {
  const server = await build(t)
  const ask = async (method: string, params: object) =>
    (await server.post('/mcp', { jsonrpc: '2.0', id: 1, method, params })).json()
  t.match(await ask('initialize', { protocolVersion: '2025-06-18' }), {
    result: { protocolVersion: '2025-06-18', serverInfo: { name: 'berth' } }
  })
  t.match(await ask('initialize', { protocolVersion: '1999-01-01' }), { result: { protocolVersion: '2025-11-25' } })
  t.match(await ask('tools/call', { name: 'list_containers' }), {
    result: { content: [{ type: 'text', text: /containers/ }] }
  })
})

t.test('tools create, read and remove', async (t) => {
  const server = await build(t, { env: { BERTH_EXEC: 'true' } })
  t.match(await use(server, 'create_container', { image: 'base-api-server:latest', name: 'shop' }), {
    isError: false,
    text: /"url": "http/
  })
  t.match(await use(server, 'list_containers', { state: 'running' }), { text: /"name": "shop"/ })
  t.match(await use(server, 'write_file', { container: 'shop', path: '/tmp/a', text: 'hello' }), { isError: false })
  t.match(await use(server, 'read_file', { container: 'shop', path: '/tmp/a' }), { text: 'hello' })
  t.match(await use(server, 'write_file', { container: 'shop', path: '/tmp/none', text: '' }), { isError: false })
  t.match(await use(server, 'read_file', { container: 'shop', path: '/tmp/none' }), { isError: false, text: '' })
  t.match(await use(server, 'exec', { container: 'shop', command: ['echo', 'hi'] }), { text: /"exit_code": 0/ })
  t.match(await use(server, 'change_container', { container: 'shop', action: 'stop' }), { text: /"exited"/ })
  t.match(await use(server, 'remove_container', { container: 'shop' }), { isError: false })
  t.match(await use(server, 'get_container', { container: 'shop' }), { isError: true, text: /^CONTAINER_NOT_FOUND: / })
  t.match(await use(server, 'exec', { container: 'shop', comand: 'ls' }), {
    isError: true,
    text: /comand is not a known field; is "command" meant\?/
  })
})

t.test('long answers are cut in the middle with a note', async (t) => {
  const server = await build(t)
  const { full_id: id } = await server.make({ name: 'shop' })
  for (let n = 0; n < 500; n++) server.engine.write(id, `line ${n} ${'x'.repeat(100)}`)
  const { text } = await use(server, 'get_logs', { container: 'shop', lines: 500 })
  t.ok(text.length < 13_000)
  t.match(text, /^line 0 [^]*characters left out[^]*line 499 x+$/)
})

t.test('a tool may do what its token may do, and the audit trail records it', async (t) => {
  const store = openStore(':memory:')
  const secrets = await addTokens(store)
  const server = await build(t, { store })
  t.equal((await send(server, 'tools/list')).status, 401)
  const reader = bearer(secrets.read)
  t.match(await use(server, 'list_containers', {}, reader), { isError: false })
  t.match(await use(server, 'create_container', { image: 'base-api-server:latest' }, reader), {
    isError: true,
    text: /^FORBIDDEN: /
  })
  t.match(
    await use(server, 'create_container', { image: 'base-api-server:latest', name: 'mine' }, bearer(secrets.admin)),
    { isError: false }
  )
  const trail = async (action: string) => {
    const answer = await server.get(`/audit?action=${action}`, { headers: bearer(secrets.admin) })
    return answer.json<{ outcome: string; caller: string }[]>().map(({ outcome, caller }) => `${outcome} ${caller}`)
  }
  // An entry is written after its answer is sent.
  await until(async () => (await trail('createContainer')).length === 3, 10_000)
  t.strictSame((await trail('createContainer')).toSorted(), ['attempted admin', 'refused read', 'succeeded admin'])
  t.strictSame(await trail('callMcp'), ['refused nobody'], 'a call by itself changes nothing')
})

t.test('pages of other origins are refused', async (t) => {
  const server = await build(t)
  const message = { jsonrpc: '2.0', id: 1, method: 'ping' }
  t.equal((await server.post('/mcp', message, { origin: 'http://evil.example' })).statusCode, 403)
})

t.test('large messages of one caller hold bounded memory', async (t) => {
  const { app } = await build(t)
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const MB = 1024 ** 2
  const begin = (bytes: number) => {
    const headers = { 'content-type': 'application/json', 'content-length': bytes }
    const request = http.request({ host: '127.0.0.1', port, path: '/mcp', method: 'POST', headers, agent: false })
    const answer = new Promise<number | undefined>((resolve, reject) => {
      request.on('response', ({ statusCode }) => resolve(statusCode))
      request.on('error', reject)
    })
    answer.catch(() => {})
    request.write('{')
    return { request, answer }
  }
  const isRefused = async () => {
    const { request, answer } = begin(16 * MB)
    const status = await Promise.race([answer, new Promise((resolve) => setTimeout(resolve, 100))])
    request.destroy()
    return status === 429
  }
  const slow = Array.from({ length: 4 }, () => begin(16 * MB))
  await until(isRefused)
  t.pass('a fifth is refused')
  slow[0]?.request.destroy()
  await until(async () => !(await isRefused()))
  t.pass('and taken when one of them is gone')
  for (const { request } of slow) request.destroy()
})
