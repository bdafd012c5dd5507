// Files of containers, as clients see them over HTTP.

import { Readable } from 'node:stream'
import t from 'tap'
import { readTar } from '../../src/lib/tar/read.ts'
import { TAR_END, tarHeader } from '../../src/lib/tar/write.ts'
import { build, problem } from '../helpers/build.ts'
import { AppError } from '../../src/errors.ts'
import { openStore } from '../../src/store/sqlite/open.ts'
import { tarOf } from '../helpers/archives.ts'
import { createMemoryEngine } from '../helpers/memory-engine.ts'
import { addTokens, bearer } from '../helpers/tokens.ts'
import { until } from '../helpers/until.ts'

type Given = NonNullable<Parameters<typeof build>[1]>

async function serve(t: Parameters<typeof build>[0], { env = {}, ...given }: Given = {}) {
  const server = await build(t, { env: { BERTH_EXEC: 'true', ...env }, ...given })
  await server.make({ name: 'web' })
  const at = (path: string, more = '') => `/containers/web/files?path=${encodeURIComponent(path)}${more}`
  const put = (path: string, payload: string | Buffer, more = '', headers: Record<string, string> = {}) =>
    server.ask('PUT', at(path, more), { payload, headers: { 'content-type': 'application/octet-stream', ...headers } })
  return { ...server, at, put, remove: (path: string, more = '') => server.ask('DELETE', at(path, more)) }
}

t.test('a file is uploaded and downloaded', async (t) => {
  const { put, get, at } = await serve(t)
  const made = await put('/tmp/a b', 'hello', '&mode=4711&uid=5&modified=2026-01-02T03:04:05.5Z')
  t.equal(made.statusCode, 201)
  t.match(made.json(), { path: '/tmp/a b', kind: 'file', size: 5, mode: '4711', uid: 5, gid: 0, replaced: false })
  const file = await get(at('/tmp/a b'))
  t.equal(file.body, 'hello')
  t.match(file.headers, {
    'content-type': 'application/octet-stream',
    'content-length': '5',
    'accept-ranges': 'bytes',
    'content-disposition': /^attachment; filename="a b"/,
    'last-modified': 'Fri, 02 Jan 2026 03:04:05 GMT'
  })
  const again = await put('/tmp/a b', '')
  t.equal(again.statusCode, 200)
  t.match(again.json(), { size: 0, mode: '4711', uid: 5, replaced: true }, 'it keeps its mode and owner')
  t.equal((await get(at('/tmp/a b'))).body, '')
})

t.test('range requests get a part of a file, and conditional ones nothing of an unchanged file', async (t) => {
  const { put, get, at, ask } = await serve(t)
  await put('/tmp/f.txt', '0123456789')
  const { headers } = await get(at('/tmp/f.txt'))
  const etag = String(headers.etag)
  const part = await get(at('/tmp/f.txt'), { headers: { range: 'bytes=2-4', 'if-range': etag } })
  t.equal(part.statusCode, 206)
  t.equal(part.body, '234')
  t.match(part.headers, { 'content-range': 'bytes 2-4/10', 'content-length': '3', etag })
  const other = await get(at('/tmp/f.txt'), { headers: { range: 'bytes=2-4', 'if-range': '"other"' } })
  t.equal(other.body, '0123456789', 'another etag gets the whole file')
  const none = await get(at('/tmp/f.txt'), { headers: { range: 'bytes=10-' } })
  problem(t, none, 416, 'RANGE_NOT_SATISFIABLE')
  t.equal(none.headers['content-range'], 'bytes */10')
  t.equal((await get(at('/tmp/f.txt'), { headers: { 'if-none-match': etag } })).statusCode, 304)
  await put('/tmp/f.txt', '012345678')
  t.equal((await get(at('/tmp/f.txt'), { headers: { 'if-none-match': etag } })).statusCode, 200)
  const head = await ask('HEAD', at('/tmp/f.txt'))
  t.match(head, { statusCode: 200, body: '', headers: { 'content-length': '9', 'content-type': /^text\/plain/ } })
})

t.test('a folder is a list, page by page', async (t) => {
  const { put, get, at } = await serve(t)
  for (const name of ['a', 'b', 'c']) await put(`/tmp/${name}`, name.repeat(3))
  const first = await get(at('/tmp', '&limit=2'))
  t.match(first.json(), {
    path: '/tmp',
    complete: true,
    reason: null,
    entries: [{ name: 'a', kind: 'file', size: 3, mode: '0644', target: null }, { name: 'b' }]
  })
  t.match(first.headers.link, /rel="next"/)
  const second = await get(at('/tmp', `&limit=2&cursor=${String(first.headers['x-next-cursor'])}`))
  t.match(second.json(), { entries: [{ name: 'c' }] })
  t.equal(second.headers['x-next-cursor'], undefined)
  problem(t, await get(at('/tmp', '&cursor=L2E')), 400, 'INVALID_REQUEST')
})

t.test('the list of a folder that is too large says that it is incomplete', async (t) => {
  const { put, get, at } = await serve(t, { env: { BERTH_FILE_SCAN_MAX: '10k' } })
  await put('/tmp/a', 'x')
  await put('/tmp/b', 'x'.repeat(20_000))
  await put('/tmp/c', 'x')
  t.match((await get(at('/tmp'))).json(), {
    entries: [{ name: 'a' }, { name: 'b' }],
    complete: false,
    reason: /BERTH_FILE_SCAN_MAX/
  })
})

t.test('an archive is unpacked, and a folder is downloaded as an archive', async (t) => {
  const { put, get, at, ask } = await serve(t)
  const folder = await ask('POST', '/containers/web/files/folder', { payload: { path: '/tmp/d', mode: '750' } })
  t.equal(folder.statusCode, 201)
  t.match(folder.json(), { path: '/tmp/d', kind: 'folder', mode: '0750' })
  const archive = await tarOf(
    { name: 'x/', type: 'directory' },
    { name: 'x/f', content: 'hello' },
    { name: 'l', type: 'symlink', linkname: 'x/f' }
  )
  t.match((await put('/tmp/d', archive, '&unpack=true')).json(), { path: '/tmp/d', entries: 3, bytes: 5 })
  t.match((await get(at('/tmp/d'))).json(), { entries: [{ name: 'l', kind: 'link', target: 'x/f' }, { name: 'x' }] })
  t.equal((await get(at('/tmp/d/l'))).body, 'hello', 'through the link')
  for (const [format, type] of [
    ['tar', 'application/x-tar'],
    ['tar.gz', 'application/gzip'],
    ['zip', 'application/zip']
  ]) {
    const answer = await get(`/containers/web/files/archive?path=/tmp/d&format=${format}`)
    t.equal(answer.headers['content-type'], type)
    t.match(answer.headers['content-disposition'], `filename="d.${format}"`)
    t.ok(answer.rawPayload.length > 100)
  }
})

t.test('an archive refused halfway leaves only complete files', async (t) => {
  const { put, get, at } = await serve(t)
  await put('/tmp/a', 'old')
  const good = (await tarOf({ name: 'a', content: 'new' })).subarray(0, 1024)
  const half = tarHeader({ name: 'b', kind: 'file', size: 1_000 })
  problem(t, await put('/tmp', Buffer.concat([good, half, Buffer.alloc(300)]), '&unpack=true'), 400, 'INVALID_ARCHIVE')
  const up = Buffer.concat([tarHeader({ name: '../x', kind: 'folder' }), TAR_END])
  problem(t, await put('/tmp', up, '&unpack=true'), 400, 'INVALID_ARCHIVE')
  t.match((await get(at('/tmp'))).json().entries.length, 1, 'and no name of the upload')
  t.equal((await get(at('/tmp/a'))).body, 'new')
})

t.test('removing', async (t) => {
  const { put, get, at, remove, ask } = await serve(t)
  await ask('POST', '/containers/web/files/folder', { payload: { path: '/tmp/d' } })
  await put('/tmp/d/f', 'x')
  problem(t, await remove('/tmp/d'), 409, 'FILE_KIND_DIFFERS')
  t.match((await remove('/tmp/d', '&recursive=true')).json(), { path: '/tmp/d', removed: true })
  problem(t, await get(at('/tmp/d')), 404, 'FILE_NOT_FOUND')
  problem(t, await remove('/tmp/d'), 404, 'FILE_NOT_FOUND')
  problem(t, await remove('/', '&recursive=true'), 400, 'INVALID_REQUEST')
  problem(t, await remove('/etc', '&recursive=true'), 409, 'FILE_IN_USE')
})

t.test('invalid requests return errors and change nothing', async (t) => {
  const { put, get, at, ask, engine } = await serve(t, { env: { BERTH_FILES_MAX: '1k' } })
  await put('/tmp/f', 'old')
  const before = engine.writes().length
  problem(t, await put('/tmp/none/f', 'x'), 404, 'FILE_NOT_FOUND')
  problem(t, await put('/tmp', 'x'), 409, 'FILE_KIND_DIFFERS')
  problem(t, await put('/tmp/../etc/passwd', 'x'), 400, 'INVALID_REQUEST')
  problem(t, await put('tmp', 'x'), 400, 'INVALID_REQUEST')
  problem(t, await put('/proc/x', 'x'), 403, 'FILE_OUTSIDE')
  problem(t, await put('/tmp/f', 'x'.repeat(1025)), 413, 'FILE_TOO_LARGE')
  problem(t, await put('/tmp/f', 'x', '&mode=999'), 400, 'INVALID_REQUEST')
  const chunked = { payload: Readable.from(['x']), headers: { 'transfer-encoding': 'chunked' } }
  problem(t, await ask('PUT', at('/tmp/f'), chunked), 411, 'LENGTH_REQUIRED')
  problem(
    t,
    await ask('POST', '/containers/web/files/folder', { payload: { path: '/tmp/f' } }),
    409,
    'FILE_KIND_DIFFERS'
  )
  problem(t, await get('/containers/none/files?path=/'), 404, 'CONTAINER_NOT_FOUND')
  problem(t, await get('/containers/web/files'), 400, 'INVALID_REQUEST')
  t.equal(engine.writes().length, before)
  t.equal((await get(at('/tmp/f'))).body, 'old')
})

t.test('names may have any bytes', async (t) => {
  const { ask, get } = await serve(t)
  const url = '/containers/web/files?path=/tmp/%FF%0A'
  t.equal((await ask('PUT', url, { payload: 'odd' })).statusCode, 201)
  t.equal((await get(url)).body, 'odd')
  t.match((await get('/containers/web/files?path=/tmp')).json(), {
    entries: [{ name: '\u{fffd}\n', name_base64: Buffer.from([0xff, 0x0a]).toString('base64') }]
  })
})

t.test('without BERTH_EXEC files are read, and nothing is written', async (t) => {
  const { put, get, at, remove, ask } = await serve(t, { env: { BERTH_EXEC: 'false' } })
  t.equal((await get(at('/'))).statusCode, 200)
  problem(t, await put('/tmp/f', 'x'), 403, 'EXEC_DISABLED')
  problem(t, await remove('/tmp'), 403, 'EXEC_DISABLED')
  problem(t, await ask('POST', '/containers/web/files/folder', { payload: { path: '/tmp/d' } }), 403, 'EXEC_DISABLED')
})

t.test('a foreign container can be read but not changed', async (t) => {
  const engine = createMemoryEngine()
  engine.add({ name: 'foreign' })
  const { ask, get } = await serve(t, { engine })
  t.equal((await get('/containers/foreign/files?path=/')).statusCode, 200)
  problem(t, await ask('PUT', '/containers/foreign/files?path=/tmp/f', { payload: 'x' }), 403, 'CONTAINER_NOT_MANAGED')
})

t.test('the audit trail names the container and the path', async (t) => {
  const store = openStore(':memory:')
  const secrets = await addTokens(store)
  const { ask } = await build(t, { store, env: { BERTH_EXEC: 'true' } })
  const url = '/containers/web/files?path=/tmp/f'
  problem(t, await ask('PUT', url, { payload: 'x', headers: bearer(secrets.files) }), 403, 'FORBIDDEN')
  problem(t, await ask('GET', url, { headers: bearer(secrets.exec) }), 403, 'FORBIDDEN')
  problem(t, await ask('PUT', url, { payload: 'x', headers: bearer(secrets.exec) }), 404, 'CONTAINER_NOT_FOUND')
  const entries = (await ask('GET', '/audit', { headers: bearer(secrets.admin) })).json()
  t.match(
    entries.find(({ outcome }: { outcome: string }) => outcome === 'failed'),
    {
      action: 'writeContainerFile',
      object: 'web:/tmp/f',
      scope: 'exec',
      caller: 'exec'
    }
  )
})

const HALF = Buffer.concat([tarHeader({ name: 'b', kind: 'file', size: 1_000 }), Buffer.alloc(300)])

t.test('leftovers of a failed upload are removed, even if the engine answers only on the second try', async (t) => {
  const engine = createMemoryEngine()
  const { put, get, at } = await serve(t, { engine })
  const { removePath } = engine
  let tries = 0
  engine.removePath = async (...args) => {
    if (++tries === 1) throw new AppError('ENGINE_TIMEOUT', 'The engine did not look at the path in time.')
    return removePath(...args)
  }
  problem(t, await put('/tmp', HALF, '&unpack=true'), 400, 'INVALID_ARCHIVE')
  await until(async () => (await get(at('/tmp'))).json().entries.length === 0)
  t.equal(tries, 2)
})

t.test('an upload succeeds although its temporary name stays at first, and the name is removed later', async (t) => {
  const engine = createMemoryEngine()
  const { put, get, at } = await serve(t, { engine })
  const { removePath } = engine
  const names = async () => (await get(at('/tmp'))).json().entries.map(({ name }: { name: string }) => name)
  for (const refusal of [new AppError('ENGINE_TIMEOUT', 'The engine did not look at the path in time.'), undefined]) {
    let isRefused = false
    engine.removePath = async (...args) => {
      if (isRefused) return removePath(...args)
      isRefused = true
      if (refusal) throw refusal
      return false
    }
    const stored = await put('/tmp/f', 'new')
    t.equal(stored.statusCode, refusal ? 201 : 200)
    t.match(stored.json(), { kind: 'file', size: 3 })
    t.match(await names(), [/^\.berth-upload-/, 'f'])
    t.equal((await get(at('/tmp/f'))).body, 'new')
    await until(async () => (await names()).join() === 'f')
    t.equal((await get(at('/tmp/f'))).body, 'new')
  }
})

t.test('leftovers of a failed upload are removed, even if the engine unpacks only after that', async (t) => {
  const engine = createMemoryEngine()
  const { put, get, at } = await serve(t, { engine })
  const { removePath, writeArchive } = engine
  const looked = Promise.withResolvers<void>()
  engine.removePath = async (...args) => {
    const isFound = await removePath(...args)
    looked.resolve()
    return isFound
  }
  const unpacked = Promise.withResolvers<void>()
  engine.writeArchive = async (id, archive, signal, root) => {
    const { value: first } = await readTar(archive)[Symbol.asyncIterator]().next()
    const staged = tarHeader({ name: first?.name ?? '', kind: 'file' })
    const unpack = () => writeArchive(id, Readable.from([staged, TAR_END]), signal, root)
    void looked.promise.then(unpack).then(unpacked.resolve, unpacked.reject)
    throw new AppError('ENGINE_TIMEOUT', 'The engine did not unpack the archive in time.')
  }
  problem(t, await put('/tmp/f', 'new'), 504, 'ENGINE_TIMEOUT')
  await unpacked.promise
  t.match((await get(at('/tmp'))).json().entries, [{ name: /^\.berth-upload-/ }])
  await until(async () => (await get(at('/tmp'))).json().entries.length === 0)
})
