import { randomBytes } from 'node:crypto'
import t from 'tap'
import type { ChangedContainer, Container } from '../../src/containers/schemas.ts'
import { killAtEachCall, killedAt, untilItAgrees } from '../helpers/crash.ts'
import { answerOf, docker, eventually, ignoreMissing, IMAGE, listenOn } from '../helpers/engine.ts'
import { startFaultProxy } from '../helpers/fault-proxy.ts'
import { hostPort, portsOf, startServer, type CreateBody } from '../helpers/server.ts'

const proxy = await startFaultProxy(t)
const server = await startServer(t, { ports: portsOf('crashChange'), socket: proxy.socket })

// An image with an anonymous volume, which a removal has to remove, too.
const image = `berth-test-crash-${randomBytes(4).toString('hex')}`
const base = await docker.createContainer({ Image: IMAGE, Cmd: ['true'] })
await base.commit({ repo: image, changes: 'VOLUME /own' })
await base.remove()
t.teardown(() => ignoreMissing(docker.getImage(image).remove({ force: true })))

async function make(body: CreateBody = {}): Promise<Container> {
  const { status, body: made, text } = await server.create(body)
  if (status !== 201) throw new Error(`${status} ${text}`)
  return made
}
const keptImages = async () =>
  (await docker.listImages({ filters: JSON.stringify({ label: [`berth.test=${server.mark}`] }) })).flatMap(
    ({ RepoTags, Id }) => RepoTags?.[0] ?? Id
  )
const anonymousVolumeOf = async (id: string) =>
  (await docker.getContainer(id).inspect()).Mounts.find(({ Destination }) => Destination === '/own')?.Name ?? ''
const volumeExists = (name: string) =>
  docker
    .getVolume(name)
    .inspect()
    .then(
      () => true,
      () => false
    )

t.test('kill -9 at every engine call of a stop', async (t) => {
  let id = ''
  const points = await killAtEachCall(
    { server, proxy },
    async (arm) => {
      id = (await make()).full_id
      arm()
      await server.post(`/containers/${id}/stop`)
    },
    async ({ moment, call }) => {
      await untilItAgrees(server)
      t.same(
        (await server.inEngine()).map(({ Id }) => Id),
        [id],
        `${moment} ${call}`
      )
      t.match(await server.post(`/containers/${id}/stop`), { status: 200, body: { state: 'exited' } })
      await untilItAgrees(server)
      t.match(await server.post(`/containers/${id}/start`), { status: 200, body: { state: 'running' } })
      await server.removeAll()
      await untilItAgrees(server)
    }
  )
  killedAt(t, points, ['before POST /containers/ID/stop', 'after POST /containers/ID/stop'], 6)
  await server.removeAll()
})

t.test('kill -9 at every engine call of a removal', async (t) => {
  let id = ''
  let volume = ''
  const points = await killAtEachCall(
    { server, proxy },
    async (arm) => {
      id = (await make({ image })).full_id
      volume = await anonymousVolumeOf(id)
      arm()
      await server.delete(`/containers/${id}?force=true`)
    },
    async ({ moment, call }) => {
      await untilItAgrees(server)
      const { status } = await server.delete(`/containers/${id}?force=true`)
      t.ok(status === 200 || status === 404, `${moment} ${call}: ${status}`)
      await untilItAgrees(server)
      t.equal((await server.inEngine()).length, 0)
      t.notOk(await volumeExists(volume))
    }
  )
  killedAt(t, points, ['before DELETE /containers/ID', 'after DELETE /containers/ID'], 4)
})

t.test('kill -9 at every engine call of a start that needs another port', async (t) => {
  let original: Container | undefined
  let volume = ''
  let giveBack = async () => {}
  const tell = 'echo -n "$HOST_PORT $(cat /written) $(cat /own/file)" > /tmp/index.html'
  const writer = `[ -f /written ] || for f in /written /own/file; do echo -n kept > $f; done; ${tell}; exec httpd -f -p 5000 -h /tmp`

  const loseThePort = async (): Promise<Container> => {
    const body = await make({ image, command: ['sh', '-c', writer], wait: 'port' })
    volume = await anonymousVolumeOf(body.full_id)
    await server.post(`/containers/${body.id}/stop`)
    giveBack = await listenOn(t, hostPort(body))
    return body
  }
  const points = await killAtEachCall(
    { server, proxy },
    async (arm) => {
      original = await loseThePort()
      arm()
      await server.post(`/containers/${original.id}/start`)
    },
    async ({ moment, call }) => {
      const { id = '', name = '' } = original ?? {}
      const where = `${moment} ${call}`
      await untilItAgrees(server)
      const [only, ...others] = await server.inEngine()
      t.equal(others.length, 0, `${where}: one container`)
      t.same(only?.Names, [`/${name}`], `${where}: under its name`)
      const { status, body, text } = await server.post<ChangedContainer>(`/containers/${id}/start`)
      t.match({ status, body }, { status: 200, body: { state: 'running', name } }, `${where}: ${text}`)
      t.equal(
        await eventually(() => answerOf(hostPort(body))),
        `${hostPort(body)} kept kept`,
        `${where}: with its files and its volume`
      )
      await untilItAgrees(server)
      t.equal((await server.delete(`/containers/${id}?force=true`)).status, 200)
      await giveBack()
      await eventually(async () => {
        const kept = await keptImages()
        if (kept.length > 0) throw new Error(`${where}: ${kept} is left`)
        if (await volumeExists(volume)) throw new Error(`${where}: volume ${volume} is left`)
        await untilItAgrees(server)
      }, 3_000).catch((error: unknown) => t.fail(String(error)))
      await server.removeAll()
    }
  )
  killedAt(
    t,
    points,
    [
      'before POST /containers/ID/start',
      'after POST /containers/ID/start',
      'after DELETE /images/berth/kept:ID',
      'after POST /commit',
      'after POST /containers/create',
      'after POST /containers/ID/start',
      'after DELETE /containers/ID',
      'after POST /containers/ID/rename'
    ],
    18
  )
  await giveBack()
  await server.removeAll()
})

t.test('kill -9 during a replacement whose old container the engine removes late', async (t) => {
  const made = await make()
  await server.post(`/containers/${made.id}/stop`)
  const giveBack = await listenOn(t, hostPort(made))
  const removals = { before: 0, after: 0 }
  proxy.onCall(async ({ method, path }, moment) => {
    if (method !== 'DELETE' || !path.startsWith('/containers/') || ++removals[moment] > 1 || moment === 'after') return
    await server.kill('SIGKILL')
    await server.start()
    await untilItAgrees(server)
  })
  await server.post(`/containers/${made.id}/start`).catch(() => {})
  await eventually(() => {
    if (removals.before === 0 || removals.after < removals.before) throw new Error('the old container was not removed')
  })
  proxy.onCall(undefined)
  await untilItAgrees(server)
  const { body } = await server.get<Container>(`/containers/${made.id}`)
  t.match(body, { name: made.name, state: 'running' }, 'the new container exists')
  t.not(body.full_id, made.full_id)
  await giveBack()
  await server.removeAll()
})

t.test('kill -9 at every engine call of the removal of a container that was given another port', async (t) => {
  let id = ''
  let volume = ''
  const points = await killAtEachCall(
    { server, proxy },
    async (arm) => {
      const body = await make({ image })
      volume = await anonymousVolumeOf(body.full_id)
      await server.post(`/containers/${body.id}/stop`)
      const giveBack = await listenOn(t, hostPort(body))
      const { body: moved } = await server.post<ChangedContainer>(`/containers/${body.id}/start`)
      await giveBack()
      id = moved.full_id
      arm()
      await server.delete(`/containers/${id}?force=true`)
    },
    async ({ moment, call }) => {
      await untilItAgrees(server)
      await server.delete(`/containers/${id}?force=true`)
      await eventually(async () => {
        const kept = await keptImages()
        if (kept.length > 0) throw new Error(`${moment} ${call}: ${kept} is left`)
        if (await volumeExists(volume)) throw new Error(`${moment} ${call}: volume is left`)
      }, 3_000).catch((error: unknown) => t.fail(String(error)))
      await server.removeAll()
      await untilItAgrees(server)
    }
  )
  killedAt(
    t,
    points,
    [
      'before DELETE /containers/ID',
      'after DELETE /containers/ID',
      'after DELETE /volumes/ID',
      'after DELETE /images/berth/kept:ID'
    ],
    8
  )
})
