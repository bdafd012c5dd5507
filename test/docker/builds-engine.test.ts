// The engine itself is killed during builds and a push, more often with BERTH_TEST_FULL=1, and frozen. The engine belongs
// to the test.

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { BuildDetails } from '../../src/builds/schemas.ts'
import { endOf, processesWith, sendBuild } from '../helpers/builds.ts'
import { eventually, IMAGE } from '../helpers/engine.ts'
import { noPrivateEngine, startPrivateEngine } from '../helpers/private-engine.ts'
import { startRegistry } from '../helpers/registry.ts'
import { portsOf, startServer } from '../helpers/server.ts'

const onlyInFull = process.env.BERTH_TEST_FULL ? false : 'with BERTH_TEST_FULL=1'
const BUILDERS = ['buildkit', 'classic'] as const
// Incompressible data takes a while to push.
const BIG = `FROM ${IMAGE}\nRUN head -c 60000000 /dev/urandom > /big\n`

t.test('the engine is killed and frozen under builds and pushes', { skip: noPrivateEngine }, async (t) => {
  const privateEngine = await startPrivateEngine(t)
  const { socket, engine } = privateEngine
  const registry = await startRegistry(t)
  const server = await startServer(t, {
    ports: portsOf('buildsEngine'),
    socket,
    engine,
    env: { BERTH_BUILD_IDLE_SECONDS: '9', BERTH_REGISTRY_IDLE_SECONDS: '6' }
  })
  const get = async (id: string) => (await server.get<BuildDetails>(`/builds/${id}`)).body
  const logOf = async (id: string) => (await server.get(`/builds/${id}/logs`)).text
  const retry = async (id: string) => t.equal((await server.post(`/builds/${id}/retry`)).status, 202)

  async function send(dockerfile: string, fields: Record<string, string>): Promise<string> {
    const { status, body } = await sendBuild(server, dockerfile, { no_cache: 'true', ...fields })
    if (status !== 202) throw new Error(JSON.stringify(body))
    return body.id
  }
  const untilRuns = (word: string) =>
    eventually(() => {
      if (processesWith(word) === 0) throw new Error(`${word} does not run`)
    }, 30_000)
  const untilBothRun = (word: string) =>
    eventually(() => {
      if (processesWith(word) < BUILDERS.length) throw new Error('not both run')
    }, 30_000)
  const untilPushing = (id: string) =>
    eventually(async () => {
      const { push } = await get(id)
      if (push.status !== 'in_progress') throw new Error(push.status)
      if (!/: (Preparing|Waiting)/.test(await logOf(id))) throw new Error('the engine has not begun')
    }, 30_000)
  const untilNoticed = (id: string, stage: 'build' | 'push' = 'build') =>
    eventually(async () => {
      const { status } = (await get(id))[stage]
      if (status === 'in_progress') throw new Error(status)
    }, 30_000)

  /** No process of a build is left, and no file except logs and those that a retry needs. */
  async function nothingIsLeft(t: { same(found: unknown, wanted: unknown, why: string): unknown }, word: string) {
    await eventually(async () => {
      if (processesWith(word) > 0) throw new Error(`${word} still runs`)
      const containers = await engine.listContainers({ all: true })
      if (containers.length > 0)
        throw new Error(containers.map(({ Command, State }) => `${State} ${Command}`).join('\n'))
    }, 15_000)
    const builds = (await server.get<BuildDetails[]>('/builds')).body
    const files = readdirSync(join(server.dataDir, 'builds'), { recursive: true }).map(String)
    const contexts = files.filter((file) => file.endsWith('context.tar'))
    const unfinished = builds.filter(({ status }) => status !== 'completed').map(({ id }) => `${id}/context.tar`)
    t.same(contexts.toSorted(), unfinished.toSorted(), 'contexts of completed builds are gone')
  }

  await t.test('killed during builds: they resume automatically', async (t) => {
    const word = `3.${process.pid}1`
    const ids: string[] = []
    for (const builder of BUILDERS)
      ids.push(await send(`FROM ${IMAGE}\nRUN sleep ${word}\n`, { image_name: `killed-${builder}`, builder }))
    await untilBothRun(word)
    await privateEngine.kill()
    for (const id of ids) {
      await untilNoticed(id)
      t.match(await get(id), { status: 'pending', build: { status: 'pending' } })
    }
    t.equal((await server.get('/health')).status, 200)
    await privateEngine.start()
    for (const id of ids) {
      const build = await endOf(server, id)
      t.match(build, { status: 'completed', image_id: /^sha256:/ }, JSON.stringify(build.build))
      t.match(await logOf(id), /\nINTERRUPTED: The engine went away in the middle of the build\. It resumes later\.\n/)
    }
    await nothingIsLeft(t, word)
  })

  await t.test(
    'killed each time: the build fails with a reason and may be retried',
    { skip: onlyInFull },
    async (t) => {
      const word = `5.${process.pid}2`
      const id = await send(`FROM ${IMAGE}\nRUN sleep ${word}\n`, { image_name: 'killed-often', builder: 'classic' })
      for (let time = 1; time <= 3; time++) {
        // The process of the previous attempt lives until the engine ends it.
        await eventually(async () => {
          if ((await logOf(id)).match(/Running in/g)?.length !== time) throw new Error('the next try has not begun')
        }, 30_000)
        await untilRuns(word)
        await privateEngine.kill()
        await untilNoticed(id)
        await privateEngine.start()
      }
      const failed = await endOf(server, id)
      t.match(failed, {
        status: 'failed',
        build: { code: 'ENGINE_UNAVAILABLE', retryable: true, reason: /engine went away/ },
        push: { status: 'skipped' }
      })
      await retry(id)
      t.match(await endOf(server, id), { status: 'completed' })
      await nothingIsLeft(t, word)
    }
  )

  await t.test('frozen during builds: they wait and resume', { skip: onlyInFull }, async (t) => {
    const word = `3.${process.pid}3`
    const ids: string[] = []
    for (const builder of BUILDERS)
      ids.push(await send(`FROM ${IMAGE}\nRUN sleep ${word}\n`, { image_name: `frozen-${builder}`, builder }))
    await untilBothRun(word)
    privateEngine.freeze()
    for (const id of ids) await untilNoticed(id)
    t.equal((await server.get('/builds')).status, 200)
    for (const id of ids) {
      t.match(await get(id), { status: 'pending' })
      t.match(await logOf(id), /\nINTERRUPTED: The engine stopped answering in the middle of the build\./)
    }
    privateEngine.thaw()
    for (const id of ids) {
      const build = await endOf(server, id)
      t.match(build, { status: 'completed' }, JSON.stringify(build.build))
    }
    await nothingIsLeft(t, word)
  })

  await t.test('killed during a push: the push is retried automatically without a rebuild', async (t) => {
    const id = await send(BIG, { image_name: 'killed', push: 'true', registry: registry.host })
    await untilPushing(id)
    registry.freeze()
    const { build } = await get(id)
    await privateEngine.kill()
    await untilNoticed(id, 'push')
    t.match(await get(id), { push: { status: 'pending' } })
    registry.thaw()
    await privateEngine.start()
    const done = await endOf(server, id)
    t.match(done, { status: 'completed', build }, JSON.stringify(done.push))
    t.equal(await registry.digestOf('killed', 'latest'), done.push.pushed[0]?.digest)
    await nothingIsLeft(t, 'urandom')
  })

  await t.test('frozen during a push: the push fails, and a retry pushes', { skip: onlyInFull }, async (t) => {
    const id = await send(BIG, { image_name: 'frozen', push: 'true', registry: registry.host })
    await untilPushing(id)
    privateEngine.freeze()
    const failed = await endOf(server, id)
    t.match(failed, {
      status: 'failed',
      build: { status: 'completed' },
      push: { status: 'failed', code: /_TIMEOUT$/, retryable: true, reason: /./ }
    })
    t.comment(JSON.stringify(failed.push))
    privateEngine.thaw()
    await retry(id)
    const done = await endOf(server, id)
    t.match(done, { status: 'completed', build: failed.build }, JSON.stringify(done.push))
    t.equal(await registry.digestOf('frozen', 'latest'), done.push.pushed[0]?.digest)
  })
  t.notOk(server.hasEnded())
  t.notMatch(server.output(), /"level":(50|60)/)
})
