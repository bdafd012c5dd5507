import { once } from 'node:events'
import t from 'tap'
import type { ChangedContainer, Container, CreatedContainer } from '../../src/containers/schemas.ts'
import { answerOf, askPort, docker, eventually, ignoreMissing, IMAGE, listenOn, TEST_LABEL } from '../helpers/engine.ts'
import { hostPort, portsOf, SLEEPER, startServer, unique, type Server } from '../helpers/server.ts'

const TELL = 'echo -n "$HOST_PORT $(cat /written) $(cat /data/file) $(cat /own/file) $NAME" > /tmp/index.html'
const WRITER = [
  'sh',
  '-c',
  `[ -f /written ] || for f in /written /data/file /own/file; do echo -n old > $f; done; ${TELL}; exec httpd -f -p 5000 -h /tmp`
]

/** Stops the container, gives every port to other containers, its own included, then frees another one. */
async function loseItsPort(server: Server, id: string): Promise<void> {
  await server.post(`/containers/${id}/stop`)
  let last = ''
  for (;;) {
    const { status, body } = await server.create({ command: SLEEPER })
    if (status === 409) break
    last = body.id
  }
  const others = (await server.inEngine()).filter(({ Id }) => !Id.startsWith(id))
  const freed = others.find(({ Id }) => !Id.startsWith(last))
  await server.delete(`/containers/${freed?.Id}?force=true`)
}

t.test('a container whose port was given away gets another one', async (t) => {
  const image = unique('image')
  const volume = unique('volume')
  const base = await docker.createContainer({ Image: IMAGE, Cmd: ['true'] })
  await base.commit({ repo: image, changes: 'VOLUME /own' })
  await base.remove()
  t.teardown(async () => {
    await ignoreMissing(docker.getImage(image).remove({ force: true }))
    await ignoreMissing(docker.getVolume(volume).remove())
  })
  const { first } = portsOf('replacement')
  const server = await startServer(t, { ports: { first, last: first + 2 } })
  const name = unique('moved')
  const { body: original } = await server.create({
    name,
    image,
    command: WRITER,
    env: { NAME: 'mine' },
    labels: { team: 'harbour' },
    volumes: [{ source: volume, target: '/data' }],
    memory: 64 * 1024 ** 2,
    ttl_seconds: 3600,
    wait: 'port'
  })
  t.equal(await askPort(hostPort(original)), `${hostPort(original)} old old old mine`)
  const { Mounts: mounts } = await docker.getContainer(original.full_id).inspect()
  const own = mounts.find(({ Destination }) => Destination === '/own')?.Name ?? ''

  await loseItsPort(server, original.id)
  const { status, body: moved, text } = await server.post<ChangedContainer>(`/containers/${name}/start`)
  t.equal(status, 200, text)
  const { Config: keptConfig } = await docker.getImage(`berth/kept:${original.id}`).inspect()
  t.ok(keptConfig.Env?.includes('NAME='), 'the image created for it has no values')
  t.notMatch(JSON.stringify(keptConfig.Env), /mine/)
  t.match(moved, {
    name,
    image,
    state: 'running',
    changed: true,
    replaced: original.full_id,
    changed_port: [{ container_port: 5000, protocol: 'tcp', from: hostPort(original), to: hostPort(moved) }],
    labels: { team: 'harbour' },
    limits: original.limits,
    volumes: [{ source: volume, target: '/data' }],
    expires_at: original.expires_at
  })
  t.not(hostPort(moved), hostPort(original))
  t.equal(
    await eventually(() => answerOf(hostPort(moved))),
    `${hostPort(moved)} old old old mine`,
    'with its files, its volumes and its new HOST_PORT'
  )
  for (const reference of [original.full_id, original.id, original.full_id.slice(0, 20), name, moved.id])
    t.equal((await server.get<Container>(`/containers/${reference}`)).body.id, moved.id, `found by ${reference}`)
  await t.rejects(docker.getContainer(original.full_id).inspect(), /no such/)
  const hardened = await docker.getContainer(moved.full_id).inspect()
  t.match(hardened.HostConfig, { CapDrop: ['ALL'], SecurityOpt: ['no-new-privileges'], PidsLimit: 256 })

  await server.kill()
  await server.start()
  const known = await eventually(async () => {
    const answer = await server.get<Container>(`/containers/${original.id}`)
    if (answer.status !== 200) throw new Error(answer.text)
    return answer.body
  })
  t.equal(known.id, moved.id, 'the old id still finds it after a restart of the server')

  await loseItsPort(server, moved.id)
  const { body: twice } = await server.post<ChangedContainer>(`/containers/${original.id}/start`)
  t.match(twice, { name, image, replaced: moved.full_id, state: 'running' })
  t.equal(await eventually(() => answerOf(hostPort(twice))), `${hostPort(twice)} old old old mine`)
  for (const reference of [original.id, moved.id, twice.id])
    t.equal((await server.get<Container>(`/containers/${reference}`)).body.id, twice.id)

  const kept = async () =>
    (await docker.listImages({ filters: JSON.stringify({ label: [`berth.test=${server.mark}`] }) })).length
  t.ok((await kept()) > 0)
  t.ok(await docker.getVolume(own).inspect())
  t.equal((await server.delete(`/containers/${original.id}?force=true`)).status, 200)
  await t.rejects(docker.getVolume(own).inspect(), /no such/, 'its anonymous volume went with it')
  t.ok(await docker.getVolume(volume).inspect(), 'the named one did not')
  t.equal(await kept(), 0, 'the kept images went with it')
})

t.test('only lost ports change', async (t) => {
  const { first } = portsOf('replacement')
  const server = await startServer(t, { ports: { first, last: first + 4 } })
  const { body: original } = await server.create({
    command: SLEEPER,
    ports: [{ container_port: 5000 }, { container_port: 5001 }, { container_port: 5002 }]
  })
  await server.post(`/containers/${original.id}/stop`)
  const [, second] = ['5000/tcp', '5001/tcp', '5002/tcp'].map((key) => Number(original.ports[key]?.split(':')[1]))
  await listenOn(t, second!)
  const { body: moved, text } = await server.post<ChangedContainer>(`/containers/${original.id}/start`)
  t.match(moved.changed_port, { length: 1, 0: { container_port: 5001, from: second } }, text)
  t.match(moved.ports, { '5000/tcp': original.ports['5000/tcp'], '5002/tcp': original.ports['5002/tcp'] })
})

t.test('without a free port, the stopped container stays unchanged', async (t) => {
  const { first } = portsOf('replacement')
  const server = await startServer(t, { ports: { first, last: first } })
  const { body: original } = await server.create({ command: SLEEPER })
  await server.post(`/containers/${original.id}/stop`)
  const { body: other } = await server.create({ command: SLEEPER })
  t.same(other.ports, original.ports)

  const refused = await server.post(`/containers/${original.id}/start`)
  t.match(refused, { status: 409, body: { code: 'PORT_RANGE_EXHAUSTED' } })
  t.match((await server.get<Container>(`/containers/${original.id}`)).body, {
    state: 'exited',
    full_id: original.full_id
  })
  const images = await docker.listImages({ filters: JSON.stringify({ label: [`berth.test=${server.mark}`] }) })
  t.equal(images.length, 0, 'no image of it is kept')

  await server.delete(`/containers/${other.id}?force=true`)
  const { body: started } = await server.post<ChangedContainer>(`/containers/${original.id}/start`)
  t.match(started, { state: 'running', full_id: original.full_id, ports: original.ports })
})

t.test('a container recreated from another image keeps its settings', async (t) => {
  const mark = unique('renewal')
  const [first, second, broken] = [`${mark}:one`, `${mark}:two`, `${mark}:broken`]
  const volume = unique('volume')
  const page = 'echo -n "$FROM $NAME $HOST_PORT $(cat /data/file)" > /tmp/index.html; exec httpd -f -p 5000 -h /tmp'
  const base = await docker.createContainer({ Image: IMAGE, Cmd: ['true'] })
  for (const tag of ['one', 'two', 'broken']) {
    const user = tag === 'broken' ? 'USER nobody-has-this-name' : 'USER 0'
    const changes = [`ENV FROM=${tag}`, `LABEL from=${tag}`, user, `CMD ${JSON.stringify(['sh', '-c', page])}`]
    await base.commit({ repo: mark, tag, changes: changes.join('\n') })
    t.teardown(() => ignoreMissing(docker.getImage(`${mark}:${tag}`).remove({ force: true })))
  }
  await base.remove()
  t.teardown(() => ignoreMissing(docker.getVolume(volume).remove()))
  const server = await startServer(t, { ports: portsOf('replacement') })
  const name = unique('renewed')
  const made = await server.post<CreatedContainer>('/containers', {
    name,
    image: first,
    labels: { [TEST_LABEL]: server.mark },
    env: { NAME: 'ada' },
    volumes: [{ source: volume, target: '/data' }],
    wait: 'port'
  })
  t.equal(made.status, 201, made.text)
  const before = made.body
  const inside = await docker
    .getContainer(before.full_id)
    .exec({ Cmd: ['sh', '-c', 'echo -n kept > /data/file'], AttachStdout: true })
  await once((await inside.start({})).resume(), 'end')
  const patch = (body: object) => server.patch<ChangedContainer>(`/containers/${name}`, body)
  const port = hostPort(before)
  const says = (text: string) =>
    eventually(async () => {
      if ((await askPort(port)) !== text) throw new Error(`port ${port} does not say "${text}" yet`)
    }, 10_000)

  const { status, body: renewed, text } = await patch({ image: second })
  t.equal(status, 200, text)
  t.match(renewed, { name, image: second, replaced: before.full_id, ports: before.ports, labels: { from: 'two' } })
  await says(`two ada ${port} kept`)
  t.match((await patch({ env: { NAME: 'bob', FROM: 'me' } })).body, { image: second, ports: before.ports })
  await says(`me bob ${port} kept`)
  const { body: last } = await patch({ env: { NAME: null, FROM: null } })
  await says(`two  ${port} kept`)
  t.match((await server.get<Container>(`/containers/${before.id}`)).body, { id: last.id }, 'the first id finds it')

  t.equal((await patch({ image: broken })).status, 422, 'a container that does not start')
  t.match((await server.get<Container>(`/containers/${name}`)).body, { id: last.id, state: 'running' })
  await says(`two  ${port} kept`)
  const { body: there } = await server.get<Container[]>(`/containers?name=${name}`)
  t.strictSame(
    there.map((each) => each.name),
    [name]
  )
})
