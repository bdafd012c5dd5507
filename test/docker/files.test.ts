// Files of containers on the real engine: an aborted transfer leaves nothing, no path leads out, and size costs no memory.
// BERTH_TEST_FULL=1 transfers 10 GB each way, and runs more rounds of the random tests.

import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import t, { type Test } from 'tap'
import { tarOf } from '../helpers/archives.ts'
import { docker, IMAGE, ignoreMissing, TEST_LABEL } from '../helpers/engine.ts'
import { filesClient, succeeded, type Answer } from '../helpers/files-client.ts'
import { makeFolder } from '../helpers/folder.ts'
import { importContent } from '../helpers/images.ts'
import { portsOf, SLEEPER, startServer, unique } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'

const isFull = process.env.BERTH_TEST_FULL === '1'
const server = await startServer(t, {
  ports: portsOf('files'),
  env: { BERTH_EXEC: 'true', BERTH_MANAGE_FOREIGN: 'true', BERTH_FILES_MAX: '64g' }
})
const { body: box } = await server.create({ command: SLEEPER, ports: [] })
if (!box.id) throw new Error(`no container: ${JSON.stringify(box)}`)
const files = filesClient(server.url, box.id)

async function runInside(...command: string[]): Promise<string> {
  const { body } = await server.post<{ stdout: string }>(`/containers/${box.id}/exec`, { command })
  return body.stdout
}

function refused(t: Pick<Test, 'match'>, { status, json }: Answer, code: string, words: RegExp): void {
  t.match({ status, ...json }, { status: /^4/, code, detail: words })
}

/** Sends part of a body, and breaks the connection. */
async function breakOff(url: string, announced: number, sent: Buffer): Promise<void> {
  const call = http.request(url, { method: 'PUT', headers: { 'content-length': announced } })
  call.on('error', () => {})
  await new Promise<void>((resolve) => call.write(sent, () => resolve()))
  call.destroy()
}

t.test('an aborted upload leaves the old file and nothing else', async (t) => {
  succeeded(await files.makeFolder('/tmp/broken'))
  succeeded(await files.write('/tmp/broken/f', 'old', '&mode=640&uid=7'))
  for (let round = 0; round < (isFull ? 100 : 4); round++) {
    await breakOff(files.urlOf('/tmp/broken/f'), 1_000_000, Buffer.alloc(randomInt(1, 900_000), 'new'))
    await until(async () => (await files.namesIn('/tmp/broken')).join() === 'f')
    t.equal(await files.textOf('/tmp/broken/f'), 'old')
  }
  t.equal(await runInside('stat', '-c', '%a %u', '/tmp/broken/f'), '640 7\n')
})

t.test('an aborted archive leaves complete files, new or old', async (t) => {
  succeeded(await files.makeFolder('/tmp/half'))
  const names = Array.from({ length: 20 }, (_none, n) => `f${n}`)
  const old = await tarOf(...names.map((name) => ({ name, content: 'old'.repeat(10_000) })))
  const fresh = await tarOf(...names.map((name) => ({ name, content: 'new'.repeat(10_000) })))
  for (let round = 0; round < (isFull ? 50 : 3); round++) {
    succeeded(await files.unpack('/tmp/half', old))
    const sent = fresh.subarray(0, randomInt(1, fresh.length - 30_000))
    await breakOff(files.urlOf('/tmp/half', '&unpack=true'), fresh.length, sent)
    await until(async () => (await files.namesIn('/tmp/half')).length === names.length)
    // One after the other: so the engine does it anyway, and the last of 20 at once may be too late.
    const texts = await Array.fromAsync(names, (name) => files.textOf(`/tmp/half/${name}`))
    t.ok(texts.every((text) => text === 'old'.repeat(10_000) || text === 'new'.repeat(10_000)))
  }
})

t.test('no path leads out of the container', async (t) => {
  const outside = makeFolder('outside')
  t.teardown(() => rmSync(outside, { recursive: true }))
  writeFileSync(join(outside, 'secret'), 'secret')
  const up = `${'../'.repeat(40)}${outside.slice(1)}`
  succeeded(await files.unpack('/tmp', await tarOf({ name: 'up', type: 'symlink', linkname: up })))
  succeeded(await files.unpack('/tmp', await tarOf({ name: 'abs', type: 'symlink', linkname: outside })))
  for (const link of ['/tmp/up', '/tmp/abs']) {
    refused(t, await files.read(`${link}/secret`), 'FILE_NOT_FOUND', /no/)
    refused(t, await files.write(`${link}/new`, 'x'), 'FILE_NOT_FOUND', /folder/)
    refused(t, await files.unpack(link, await tarOf({ name: 'new', content: 'x' })), 'FILE_NOT_FOUND', /no/)
  }
  for (const path of ['/tmp/../etc/passwd', '/..', '/tmp/../../x'])
    refused(t, await files.write(path, 'x'), 'INVALID_REQUEST', /path/)
  refused(t, await files.unpack('/tmp', await tarOf({ name: '../x', content: 'x' })), 'INVALID_ARCHIVE', /\.\./)
  refused(t, await files.unpack('/tmp', await tarOf({ name: '/x', content: 'x' })), 'INVALID_ARCHIVE', /relative/)
  const through = await tarOf({ name: 'l', type: 'symlink', linkname: '/' }, { name: 'l/x', content: 'x' })
  refused(t, await files.unpack('/tmp', through), 'INVALID_ARCHIVE', /link/)
  const hard = await tarOf({ name: 'h', type: 'link', linkname: up })
  refused(t, await files.unpack('/tmp', hard), 'INVALID_ARCHIVE', /\.\./)
  t.strictSame(readdirSync(outside), ['secret'])
  t.strictSame((await files.namesIn('/')).includes('x'), false)
})

t.test('a folder that becomes a link during a write leads nowhere else', async (t) => {
  const outside = makeFolder('race')
  t.teardown(() => rmSync(outside, { recursive: true }))
  const swap = `mkdir -p /tmp/race/real; cd /tmp/race
    while [ ! -e /tmp/stop ]; do ln -sfn ${outside} at; rm at; mv real at; mv at real; done`
  const running = server.post(`/containers/${box.id}/exec`, { command: ['sh', '-c', swap], timeout_seconds: 300 })
  const met = new Map<number, Answer>()
  const note = (answer: Answer) => void met.set(answer.status, answer)
  await until(async () => (await files.read('/tmp/race')).status === 200)
  for (let round = 0; round < (isFull ? 1_000 : 20); round++) {
    note(await files.write('/tmp/race/at/f', 'x'.repeat(10_000)))
    note(await files.unpack('/tmp/race/at', await tarOf({ name: 'g', content: 'x' })))
    note(await files.remove('/tmp/race/at/f'))
  }
  await runInside('touch', '/tmp/stop')
  await running
  t.comment(`answers: ${[...met.keys()].join(', ')}`)
  // A timeout of a busy engine is no fault.
  const faults = [...met.values()].filter(({ status }) => status >= 500 && status !== 504).map(({ json }) => json)
  t.strictSame(faults, [], 'none is a fault of the server')
  t.strictSame(readdirSync(outside), [])
})

t.test('a write to a read-only volume gets a clear error', async (t) => {
  const name = unique('files')
  const { body } = await server.create({
    command: SLEEPER,
    ports: [],
    volumes: [{ source: name, target: '/data', read_only: true }]
  })
  t.teardown(() => ignoreMissing(docker.getVolume(name).remove()))
  t.teardown(() => ignoreMissing(docker.getContainer(body.id).remove({ force: true })))
  const other = filesClient(server.url, body.id)
  for (const state of ['running', 'stopped']) {
    if (state === 'stopped') await server.post(`/containers/${body.id}/stop?timeout=0`)
    for (const answer of [
      await other.write('/data/f', 'x'),
      await other.unpack('/data', await tarOf({ name: 'f', content: 'x' })),
      await other.makeFolder('/data/d'),
      await other
        .unpack('/tmp', await tarOf({ name: 'l', type: 'symlink', linkname: '/data' }))
        .then(() => other.write('/tmp/l/f', 'x'))
    ])
      refused(t, answer, 'FILE_READ_ONLY', /read-only/)
    t.strictSame(await other.namesIn('/data'), [])
  }
})

t.test('a write to a read-only container gets a clear error, one to its volumes succeeds', async (t) => {
  const name = unique('files')
  const { body } = await server.create({
    command: SLEEPER,
    ports: [],
    read_only: true,
    volumes: [{ source: name, target: '/data' }]
  })
  t.teardown(() => ignoreMissing(docker.getVolume(name).remove()))
  t.teardown(() => ignoreMissing(docker.getContainer(body.id).remove({ force: true })))
  const other = filesClient(server.url, body.id)
  for (const answer of [
    await other.write('/etc/new', 'x'),
    await other.unpack('/etc', await tarOf({ name: 'new', content: 'x' })),
    await other.makeFolder('/etc/new'),
    await other.remove('/bin')
  ])
    refused(t, answer, 'FILE_READ_ONLY', /read-only/)
  succeeded(await other.makeFolder('/data/d'))
  succeeded(await other.write('/data/d/f', 'x'))
  succeeded(await other.write('/data/d/f', 'y'))
  succeeded(await other.unpack('/data', await tarOf({ name: 'e/g', content: 'z' })))
  t.strictSame(await Promise.all(['/data/d/f', '/data/e/g'].map(other.textOf)), ['y', 'z'])
  succeeded(await other.remove('/data/d'))
  t.strictSame(await other.namesIn('/data'), ['e'])
})

t.test('a mounted folder of the machine is not written', async (t) => {
  // On the machine of the engine, which may be another one.
  const host = `/tmp/${unique('bind')}`
  const foreign = await docker.createContainer({
    Image: IMAGE,
    Cmd: ['sh', '-c', 'mkdir /host/d; trap "rm -r /host/*; exit" TERM; sleep 3600 & wait'],
    Labels: server.labels,
    HostConfig: { Binds: [`${host}:/host`], ReadonlyRootfs: false }
  })
  await foreign.start()
  t.teardown(() => ignoreMissing(foreign.stop().then(() => foreign.remove({ force: true }))))
  const other = filesClient(server.url, foreign.id)
  await until(async () => (await other.read('/host/d')).status === 200)
  refused(t, await other.write('/host/f', 'x'), 'FILE_OUTSIDE', /mounted/)
  refused(t, await other.makeFolder('/host/d/e'), 'FILE_OUTSIDE', /mounted/)
  refused(t, await other.unpack('/tmp', await tarOf({ name: 'f', content: 'x' })), 'FILE_OUTSIDE', /mounted/)
  t.match((await other.remove('/host/d')).json.code, /FILE_OUTSIDE|FILE_IN_USE/)
  succeeded(await other.write('/tmp/f', 'x'))
  t.strictSame(await other.namesIn('/host'), ['d'])
})

t.test('containers that stopped, never ran, or have no program', async (t) => {
  const { body: stopped } = await server.create({ command: SLEEPER, ports: [] })
  await server.post(`/containers/${stopped.id}/stop?timeout=0`)
  const image = await importContent(docker, `${TEST_LABEL}=${server.mark}`)
  const { body: empty } = await server.create({ image, command: ['/content'], ports: [], start: false })
  for (const { id } of [stopped, empty]) {
    const other = filesClient(server.url, id)
    succeeded(await other.makeFolder('/made', { mode: '700' }))
    succeeded(await other.write('/made/f', 'hello', '&mode=4755&uid=5'))
    succeeded(
      await other.unpack(
        '/made',
        await tarOf({ name: 'd/g', content: 'x' }, { name: 'l', type: 'symlink', linkname: 'f' })
      )
    )
    t.equal(await other.textOf('/made/l'), 'hello')
    t.strictSame(await other.namesIn('/made'), ['d', 'f', 'l'])
    t.match(succeeded(await other.read('/made')).json.entries, [
      {},
      { mode: '4755', uid: 5, kind: 'file' },
      { kind: 'link', target: 'f' }
    ])
    succeeded(await other.remove('/made/d'))
    succeeded(await other.remove('/made'))
    refused(t, await other.read('/made'), 'FILE_NOT_FOUND', /no "\/made"/)
  }
})

t.test('a sparse file comes out complete, and times are kept to the nanosecond', async (t) => {
  await runInside('sh', '-c', 'cd /tmp; truncate -s 8M sparse; echo end >> sparse')
  const { bytes } = succeeded(await files.read('/tmp/sparse'))
  t.equal(bytes.length, 8 * 1024 ** 2 + 4)
  t.ok(bytes.subarray(0, 8 * 1024 ** 2).every((byte) => byte === 0))
  t.equal(succeeded(await files.read('/tmp/sparse', '')).headers.get('content-length'), String(bytes.length))
  const pax = await tarOf({ name: 'exact', content: 'x', pax: { mtime: '1234567890.123456789' } })
  succeeded(await files.unpack('/tmp', pax))
  t.match(await runInside('stat', '-c', '%y', '/tmp/exact'), /:31:30\.123456789/)
})

/** The peak memory of the server during the task, beyond its memory before. */
async function growthOf(task: () => Promise<void>): Promise<number> {
  const resident = () => 1024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))?.[1])
  const before = resident()
  let most = before
  const timer = setInterval(() => (most = Math.max(most, resident())), 20)
  await task()
  clearInterval(timer)
  return most - before
}

async function upload(path: string, size: number): Promise<void> {
  const piece = Buffer.alloc(64 * 1024)
  const call = http.request(files.urlOf(path), { method: 'PUT', headers: { 'content-length': size } })
  Readable.from(
    (function* () {
      for (let sent = 0; sent < size; sent += piece.length) yield piece
    })()
  ).pipe(call)
  const [answer] = (await once(call, 'response')) as [http.IncomingMessage]
  answer.resume()
  if (answer.statusCode !== 201) throw new Error(`${answer.statusCode}`)
}

async function download(path: string): Promise<number> {
  const [answer] = (await once(http.get(files.urlOf(path)), 'response')) as [http.IncomingMessage]
  let bytes = 0
  for await (const piece of answer as AsyncIterable<Buffer>) bytes += piece.length
  return bytes
}

t.test('a large file costs the server less than 40 MB, up and down', async (t) => {
  const size = isFull ? 10 * 1024 ** 3 : 192 * 1024 ** 2
  await runInside('truncate', '-s', String(size), '/tmp/large')
  const out = await growthOf(async () => void t.equal(await download('/tmp/large'), size))
  const into = await growthOf(() => upload('/tmp/uploaded', size))
  t.comment(`${out / 1024 ** 2} MiB out, ${into / 1024 ** 2} MiB in`)
  t.ok(out < 40e6, `${out} out`)
  t.ok(into < 40e6, `${into} in`)
  t.equal(await runInside('stat', '-c', '%s', '/tmp/uploaded'), `${size}\n`)
})
