// Builds through kills, stops, a lost engine and a full disk.

import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { BuildDetails } from '../../src/builds/schemas.ts'
import { tarOf } from '../helpers/archives.ts'
import { endOf, imageExists, imageNames, processesWith, sendBuild } from '../helpers/builds.ts'
import { eventually, IMAGE } from '../helpers/engine.ts'
import { startFaultProxy } from '../helpers/fault-proxy.ts'
import { buildForm, FORM_TYPE } from '../helpers/form.ts'
import { portsOf, startServer, type Server } from '../helpers/server.ts'

const proxy = await startFaultProxy(t)
const server = await startServer(t, { ports: portsOf('buildsCrash'), socket: proxy.socket })
const name = imageNames(t)
const BUILDERS = ['buildkit', 'classic'] as const
const get = async (id: string) => (await server.get<BuildDetails>(`/builds/${id}`)).body
const logOf = async (id: string) => (await server.get(`/builds/${id}/logs`)).text
const filesOf = ({ dataDir }: Pick<Server, 'dataDir'>) => readdirSync(join(dataDir, 'builds'))

async function send(dockerfile: string, fields: Record<string, string>) {
  const { status, body } = await sendBuild(server, dockerfile, { no_cache: 'true', ...fields })
  if (status !== 202) throw new Error(JSON.stringify(body))
  return body
}

/** Resolves when the engine runs the build. */
const untilRuns = (word: string) =>
  eventually(() => {
    if (processesWith(word) === 0) throw new Error(`${word} does not run`)
  }, 30_000)
const untilGone = (word: string) =>
  eventually(() => {
    if (processesWith(word) > 0) throw new Error(`${word} still runs`)
  })

t.test('a build resumes at the next start after kill -9 of the server', async (t) => {
  const word = `3.${process.pid}0`
  const builds = await Promise.all(
    BUILDERS.map(async (builder) => {
      const image = name(`killed-${builder}`)
      const dockerfile = `FROM ${IMAGE}\nRUN echo begun && sleep ${word} && echo done > /done\n`
      return { ...(await send(dockerfile, { image_name: image, builder })), image }
    })
  )
  const waiting = name('waiting')
  const last = await send(`FROM ${IMAGE}\nRUN true\n`, { image_name: waiting })
  await untilRuns(word)
  for (const { id } of builds)
    await eventually(async () => {
      if (!/begun$/m.test(await logOf(id))) throw new Error('it has not said so yet')
    })
  await server.kill('SIGKILL')
  await untilGone(word)
  await server.start()
  for (const { id, image } of builds) {
    const build = await endOf(server, id)
    t.match(build, { status: 'completed', image_id: /^sha256:/ }, JSON.stringify(build.build))
    t.ok(await imageExists(image))
    t.equal((await logOf(id)).match(/begun$/gm)?.length, 2, 'the log has both attempts')
  }
  const other = await endOf(server, last.id)
  t.match(other, { status: 'completed' }, JSON.stringify(other.build))
  t.ok(await imageExists(waiting))
})

t.test('a build resumes after a graceful stop, any number of times', async (t) => {
  const word = `5.${process.pid}`
  const { id } = await send(`FROM ${IMAGE}\nRUN sleep ${word}\n`, { image_name: name('stopped') })
  for (let stop = 0; stop < 4; stop++) {
    await untilRuns(word)
    t.equal(await server.kill('SIGTERM'), 0)
    await untilGone(word)
    await server.start()
  }
  t.match(await endOf(server, id), { status: 'completed' })
  t.equal((await logOf(id)).match(/^INTERRUPTED: The server was stopped/gm)?.length, 4)
})

t.test('a build that crashes the server each time fails after three attempts', async (t) => {
  const word = `600.${process.pid}`
  const { id } = await send(`FROM ${IMAGE}\nRUN sleep ${word}\n`, { image_name: name('deadly') })
  t.teardown(() => server.post(`/builds/${id}/cancel`))
  for (let kill = 0; kill < 3; kill++) {
    await untilRuns(word)
    await server.kill('SIGKILL')
    // The tests after this one need the server, too.
    try {
      await untilGone(word)
    } finally {
      await server.start()
    }
  }
  t.match(await endOf(server, id), { status: 'failed', build: { reason: /3 times and interrupted each time/ } })
  t.equal((await server.post(`/builds/${id}/retry`)).status, 202, 'and may be retried')
  await untilRuns(word)
  t.equal((await server.post(`/builds/${id}/cancel`)).status, 200)
  await untilGone(word)
})

t.test('a build resumes after the engine goes away in the middle', async (t) => {
  const word = `3.${process.pid}7`
  const dockerfile = `FROM ${IMAGE}\nRUN sleep ${word}\n`
  const builds = await Promise.all(BUILDERS.map((builder) => send(dockerfile, { image_name: name('away'), builder })))
  await eventually(() => {
    if (processesWith(`sleep\0${word}`) < BUILDERS.length) throw new Error('not both run')
  }, 30_000)
  await proxy.goAway()
  for (const { id } of builds)
    await eventually(async () => {
      const { status } = await get(id)
      if (status !== 'pending') throw new Error(status)
    })
  await proxy.comeBack()
  for (const { id } of builds) {
    const build = await endOf(server, id)
    t.match(build, { status: 'completed' }, JSON.stringify(build.build))
    t.match(await logOf(id), /INTERRUPTED: The engine went away/)
  }
})

t.test('kill -9 in the middle of an upload leaves nothing at the next start', async (t) => {
  const known = filesOf(server)
  const big = await tarOf(
    { name: 'Dockerfile', content: 'FROM scratch\n' },
    { name: 'a', content: Buffer.alloc(3e6, 7) }
  )
  const form = buildForm(big, { image_name: name('upload') })
  for (const sent of [400, 2_000_000, form.length - 20]) {
    const { port } = new URL(server.url)
    const headers = { 'content-type': FORM_TYPE, 'content-length': form.length }
    const request = http.request({ host: '127.0.0.1', port, method: 'POST', path: '/builds', headers, agent: false })
    request.on('error', () => {})
    request.write(form.subarray(0, sent))
    await eventually(() => {
      if (filesOf(server).length === known.length) throw new Error('the upload has not begun')
    })
    await server.kill('SIGKILL')
    t.equal(filesOf(server).length, known.length + 1)
    await server.start()
    t.same(filesOf(server), known, `after ${sent} bytes`)
  }
})

t.test('after a kill an acknowledged upload is there, and others are gone', async (t) => {
  await proxy.goAway()
  const known = new Set(filesOf(server))
  const answered: string[] = []
  for (let round = 0; round < 5; round++) {
    const sent = Array.from({ length: 6 }, () =>
      sendBuild(server, `FROM ${IMAGE}\n`, { image_name: name('many') }).then(
        ({ body }) => answered.push(body.id),
        () => {}
      )
    )
    await Promise.race(sent)
    await server.kill('SIGKILL')
    await Promise.all(sent)
    await server.start()
  }
  const listed = (await server.get<BuildDetails[]>('/builds?status=pending')).body.map(({ id }) => id)
  t.ok(answered.length >= 5 && answered.every((id) => listed.includes(id)), `${answered.length} answered`)
  t.same(
    filesOf(server)
      .filter((id) => !known.has(id))
      .toSorted(),
    listed.toSorted(),
    'no file without a record'
  )
  await proxy.comeBack()
  for (const id of listed) t.match(await endOf(server, id), { status: 'completed' })
})

t.test('a context missing from the disk', async (t) => {
  await proxy.goAway()
  const { body } = await sendBuild(server, `FROM ${IMAGE}\n`, { image_name: name('lost') })
  rmSync(join(server.dataDir, 'builds', body.id, 'context.tar'))
  await proxy.comeBack()
  t.match(await endOf(server, body.id), {
    status: 'failed',
    build: { code: 'BUILD_FAILED', reason: /context is missing/ }
  })
  t.match((await server.get('/health')).body, { engine: 'available' })
})

const noTmpfs = process.getuid?.() === 0 ? false : 'needs root to mount a small disk'
t.test('a full disk: 507, nothing is left, and the server keeps running', { skip: noTmpfs }, async (t) => {
  const disk = mkdtempSync(join(tmpdir(), 'berth-test-disk-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=48m', 'tmpfs', disk])
  t.teardown(() => {
    execFileSync('umount', ['-l', disk])
    rmSync(disk, { recursive: true })
  })
  const small = await startServer(t, { ports: portsOf('buildsCrash'), env: { BERTH_DATA_DIR: disk } })
  const of = { dataDir: disk }
  const big = new Uint8Array(
    await tarOf({ name: 'Dockerfile', content: 'FROM scratch\n' }, { name: 'a', content: Buffer.alloc(60e6, 7) })
  )
  t.match(await sendBuild(small, big, { image_name: 'x' }), {
    status: 507,
    body: { code: 'STORAGE_FULL', retryable: true }
  })
  t.same(filesOf(of), [])

  // The disk is filled to the last byte, so that not even the database can be written.
  const image = name('full')
  const word = `3.${process.pid}9`
  const running = await sendBuild(small, `FROM ${IMAGE}\nRUN sleep ${word}\n`, { image_name: image, no_cache: 'true' })
  t.equal(running.status, 202)
  await untilRuns(word)
  const ballast = join(disk, 'ballast')
  execFileSync('sh', ['-c', `head -c 80000000 /dev/zero > ${ballast} || true`], { stdio: 'ignore' })
  for (let count = 0; count < 5; count++) {
    const { status } = await sendBuild(small, `FROM ${IMAGE}\n`, { image_name: 'x' })
    t.equal(status, 507)
  }
  await untilGone(word)
  t.equal((await small.get('/builds')).status, 200)
  t.equal((await small.get('/health')).status, 200, small.output().slice(-500))
  t.notOk(small.hasEnded())
  rmSync(ballast)
  const build = await endOf(small, running.body.id)
  t.match(build, { status: 'completed' }, JSON.stringify(build.build))
  t.same(filesOf(of), [running.body.id])
  await small.kill()
})

t.test('a second server on the same data is refused, and harms no build', async (t) => {
  const word = `4.${process.pid}8`
  const { id } = await send(`FROM ${IMAGE}\nRUN sleep ${word}\n`, { image_name: name('shared') })
  await untilRuns(word)
  await t.rejects(
    startServer(t, { ports: portsOf('buildsCrash'), env: { BERTH_DATA_DIR: server.dataDir } }),
    /Another Berth uses the data folder/
  )
  t.ok(existsSync(join(server.dataDir, 'builds', id, 'context.tar')))
  t.match(await endOf(server, id), { status: 'completed' })
})
