// The volumes that outlive their container, and those that do not.

import t from 'tap'
import { docker, eventually, ignoreMissing, IMAGE } from '../helpers/engine.ts'
import { portsOf, SLEEPER, startServer, unique } from '../helpers/server.ts'

const server = await startServer(t, { ports: portsOf('volumes') })

t.test('named volumes outlive their containers', async (t) => {
  const volume = unique('data')
  t.teardown(() => ignoreMissing(docker.getVolume(volume).remove()))
  const volumes = [{ source: volume, target: '/data' }]
  const { body: writer } = await server.create({
    command: ['sh', '-c', 'echo kept > /data/file; sleep 3600'],
    volumes
  })
  t.match(writer.volumes, [{ source: volume, target: '/data', read_only: false }])
  const { Labels: labels } = await docker.getVolume(volume).inspect()
  t.match(labels, { 'io.berth.managed': 'true' })
  await server.delete(`/containers/${writer.id}?force=true`)

  const { body: reader } = await server.create({
    command: ['sh', '-c', 'cat /data/file; touch /data/new || sleep 3600'],
    volumes: [{ ...volumes[0]!, read_only: true }]
  })
  await eventually(async () => {
    const { text } = await server.get(`/containers/${reader.id}/logs`)
    if (!/^kept$/m.test(text) || !/Read-only/.test(text)) throw new Error(`it says ${text}`)
  })
  await server.delete(`/containers/${reader.id}?force=true`)
  t.ok(await docker.getVolume(volume).inspect())
})

t.test('an anonymous volume goes with its container', async (t) => {
  const image = unique('image')
  const base = await docker.createContainer({ Image: IMAGE, Cmd: ['true'] })
  await base.commit({ repo: image, changes: 'VOLUME /data' })
  await base.remove()
  t.teardown(() => docker.getImage(image).remove())

  const { body } = await server.create({ image, command: SLEEPER })
  const { Mounts: mounts } = await docker.getContainer(body.full_id).inspect()
  const volume = mounts.find(({ Destination }) => Destination === '/data')?.Name ?? ''
  t.ok(await docker.getVolume(volume).inspect())
  t.same(body.volumes, [], 'it belongs only to the container')
  await server.delete(`/containers/${body.id}?force=true`)
  await t.rejects(docker.getVolume(volume).inspect(), /no such/)
})

t.test('a volume is created, protected by its container, and removed', async (t) => {
  const name = unique('data')
  t.teardown(() => ignoreMissing(docker.getVolume(name).remove()))
  t.match(await server.post('/volumes', { name }), { status: 201, body: { name, driver: 'local', managed: true } })
  t.match((await docker.getVolume(name).inspect()).Labels, { 'io.berth.managed': 'true' })
  t.match(await server.post('/volumes', { name }), { status: 409, body: { code: 'VOLUME_NAME_TAKEN' } })
  const { body } = await server.create({ command: SLEEPER, volumes: [{ source: name, target: '/data' }] })
  t.match(await server.get(`/volumes/${name}`), { body: { containers: [{ id: body.id }] } })
  t.match(await server.delete(`/volumes/${name}`), { status: 409, body: { code: 'VOLUME_IN_USE' } })
  await server.delete(`/containers/${body.id}?force=true`)
  t.match(await server.delete(`/volumes/${name}`), { status: 200, body: { name, removed: true } })
  await t.rejects(docker.getVolume(name).inspect(), /no such/i)
})

t.test("a volume that leads to Berth's own data cannot be mounted", async (t) => {
  const name = unique('thief')
  await docker.createVolume({ Name: name, DriverOpts: { type: 'none', o: 'bind', device: server.dataDir } })
  t.teardown(() => ignoreMissing(docker.getVolume(name).remove()))
  const { status, body } = await server.create({ volumes: [{ source: name, target: '/stolen' }], command: SLEEPER })
  t.match([status, body], [403, { code: 'POLICY_REFUSED' }])
})
