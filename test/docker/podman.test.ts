// The same server over Podman's Docker API: the life of a container, statistics, logs, networks and builds.

import type { Static } from '@sinclair/typebox'
import t from 'tap'
import type { ContainerStats } from '../../src/stats/schemas.ts'
import { endOf, sendBuild } from '../helpers/builds.ts'
import { askPort, eventually, IMAGE } from '../helpers/engine.ts'
import { noPodman, startPodman } from '../helpers/podman.ts'
import { hostPort, portsOf, startServer } from '../helpers/server.ts'

t.test('Podman', { skip: noPodman() }, async (t) => {
  const { socket, engine } = await startPodman(t)
  const server = await startServer(t, { ports: portsOf('podman'), socket, engine })
  t.match((await server.get('/health')).body, { engine: 'available', engine_name: /Podman/ })

  await t.test('a container from its creation to its removal', async (t) => {
    const made = await server.create({ name: 'web', wait: 'port' })
    t.equal(made.status, 201, made.text)
    const port = hostPort(made.body)
    t.equal(await askPort(port), String(port))
    t.match(made.body, { status: 'running', limits: { memory: 512 * 1024 ** 2, cpus: 1, pids: 256 } })

    const stats = await eventually(async () => {
      const answer = await server.get<Static<typeof ContainerStats>>('/containers/web/stats')
      if (answer.status !== 200) throw new Error(answer.text)
      return answer.body
    })
    t.ok(stats.memory_bytes > 0 && stats.pids > 0)
    t.equal((await server.get<object[]>('/containers/running')).body.length, 1)
    t.equal((await server.create({ name: 'web' })).body.code, 'CONTAINER_NAME_TAKEN')

    t.match((await server.post('/containers/web/stop')).body, { status: 'exited' })
    t.match((await server.post('/containers/web/start')).body, { status: 'running' })
    t.equal(
      await eventually(() => askPort(port).then((text) => text || Promise.reject(new Error('nobody yet')))),
      String(port)
    )
    t.equal((await server.delete('/containers/web?force=true')).status, 200)
    t.equal((await server.portOverview()).counts.free, 10)
    t.same(await server.inEngine(), [])
  })

  await t.test('an exited workload is reported with its last output', async (t) => {
    const { status, body } = await server.create({ command: ['sh', '-c', 'echo no luck; exit 3'], wait: 'port' })
    t.equal(status, 422)
    t.match(body, { exit_code: 3, logs: /no luck/ })
    t.same(await server.inEngine(), [], 'and gone')
  })

  await t.test('containers find each other on a network', async (t) => {
    t.equal((await server.post('/networks', { name: 'shop' })).status, 201)
    t.equal((await server.create({ name: 'db', network: 'shop' })).status, 201)
    t.match((await server.delete('/networks/shop')).body, { code: 'NETWORK_IN_USE' })
    t.equal((await server.delete('/containers/db?force=true')).status, 200)
    t.equal((await server.delete('/networks/shop')).status, 200)
  })

  await t.test('a build, and a container of its image', async (t) => {
    const file = `FROM ${IMAGE} AS one\nRUN echo built > /made\nFROM ${IMAGE}\nCOPY --from=one /made /made\n`
    const run = { name: 'built', command: ['sh', '-c', 'cat /made; sleep 3600'], labels: server.labels }
    const { status, body } = await sendBuild(server, file, {
      image_name: 'berth-test/on-podman',
      run: JSON.stringify(run)
    })
    t.equal(status, 202)
    const build = await endOf(server, body.id)
    t.match(
      build,
      { status: 'completed', build: { status: 'completed' }, run: { status: 'completed' } },
      build.build.reason ?? ''
    )
    t.match(
      build.steps.map(({ name }) => name),
      [/^\[stage-0 1\/2\] FROM/, /^\[stage-0 2\/2\] RUN/, /^\[stage-1 1\/2\] FROM/, /^\[stage-1 2\/2\] COPY/]
    )
    await eventually(async () => {
      const { text } = await server.get('/containers/built/logs')
      if (!text.includes('built')) throw new Error(`nothing was written: ${text}`)
    })

    const failing = await sendBuild(server, `FROM ${IMAGE}\nRUN echo sorry; exit 4\n`, {
      image_name: 'berth-test/never'
    })
    const failed = await endOf(server, failing.body.id)
    t.match(failed, { status: 'failed', build: { code: 'BUILD_FAILED', reason: /^\[2\/2\] RUN echo sorry.*status 4/ } })
    t.match((await server.get(`/builds/${failing.body.id}/logs`)).text, /^sorry$/m)

    t.equal((await server.delete('/containers/built?force=true')).status, 200)
    t.match((await server.delete(`/builds/${body.id}`)).body, { images_removed: [/on-podman/] })
  })
})
