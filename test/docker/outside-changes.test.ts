// Other clients change containers: the server follows by events, and by lists if events are lost.

import t from 'tap'
import type { Container } from '../../src/containers/schemas.ts'
import { docker, eventually, ignoreMissing, IMAGE, pause, runForeign } from '../helpers/engine.ts'
import { startProxiedServer } from '../helpers/proxied-server.ts'
import { portsOf, SLEEPER } from '../helpers/server.ts'

const { proxy, server, made } = await startProxiedServer(t, portsOf('outsideChanges'))

t.test('changes by other clients are visible within a second', async (t) => {
  const body = await made(t, { command: SLEEPER })
  const container = docker.getContainer(body.full_id)
  const all: number[] = []
  const see = async (what: string, act: () => Promise<unknown>, isSeen: (seen: Container | undefined) => boolean) => {
    await act()
    const acted = performance.now()
    await eventually(async () => {
      const { status, body: seen } = await server.get<Container>(`/containers/${body.full_id}`)
      if (!isSeen(status === 200 ? seen : undefined)) throw new Error(`${what} is not seen`)
    })
    const took = Math.round(performance.now() - acted)
    all.push(took)
    t.ok(took < 5_000, `${what}: ${took} ms, before the next list`)
  }
  await see(
    'rename',
    () => container.rename({ name: `${body.name}-renamed` }),
    (seen) => seen?.name === `${body.name}-renamed`
  )
  await see(
    'pause',
    () => pause(container),
    (seen) => seen?.state === 'paused'
  )
  await see(
    'unpause',
    () => container.unpause(),
    (seen) => seen?.state === 'running'
  )
  await see(
    'update',
    () => container.update({ Memory: 2 ** 26, MemorySwap: 2 ** 26 }),
    (seen) => seen?.limits.memory === 2 ** 26
  )
  await see(
    'kill',
    () => container.kill(),
    (seen) => seen?.state === 'exited'
  )
  await see(
    'start',
    () => container.start(),
    (seen) => seen?.state === 'running'
  )
  await see(
    'removal',
    () => container.remove({ force: true }),
    (seen) => seen === undefined
  )
  // A busy machine may delay some of them.
  const prompt = all.filter((took) => took < 1_000).length
  t.ok(prompt > all.length / 2, `${all} ms`)
  const foreign = await docker.createContainer({ Image: IMAGE, Cmd: SLEEPER })
  t.teardown(() => ignoreMissing(foreign.remove({ force: true })))
  await eventually(async () => {
    if ((await server.get(`/containers/${foreign.id}`)).status !== 200) throw new Error('a new container is not seen')
  }, 5_000)
})

t.test('events are lost: the next list finds the changes', async (t) => {
  const removed = await made(t, { command: SLEEPER })
  const stopped = await made(t, { command: SLEEPER })
  proxy.loseEvents(true)
  await docker.getContainer(removed.full_id).remove({ force: true })
  await docker.getContainer(stopped.full_id).kill()
  const foreign = await runForeign(t)
  const started = performance.now()
  await eventually(async () => {
    const gone = await server.get(`/containers/${removed.id}`)
    const ended = await server.get<Container>(`/containers/${stopped.id}`)
    const come = await server.get(`/containers/${foreign.id}`)
    if (gone.status !== 404 || ended.body.state !== 'exited' || come.status !== 200) throw new Error('not yet')
  })
  t.comment(`seen after ${Math.round(performance.now() - started)} ms`)
  proxy.loseEvents(false)
})

t.test('one container that the engine cannot describe does not hide the others', async (t) => {
  const stuck = await made(t, { command: SLEEPER })
  const fine = await made(t, { command: SLEEPER })
  await server.kill()
  proxy.next('GET', new RegExp(`^/containers/${stuck.full_id}/json$`), 'hang', 3)
  await server.start()
  t.match(await server.get<Container>(`/containers/${fine.id}`), { status: 200, body: { state: 'running' } })
  t.equal((await server.create({ command: SLEEPER })).status, 201)
  await docker.getContainer(stuck.full_id).remove({ force: true })
})
