// Images on a real engine are listed, named, removed, and never taken from a container.

import assert from 'node:assert/strict'
import t from 'tap'
import type { Image, ImageDetails, RemovedImage } from '../../src/images/schemas.ts'
import { docker, eventually, IMAGE } from '../helpers/engine.ts'
import { makeImage } from '../helpers/images.ts'
import { portsOf, SLEEPER, startServer } from '../helpers/server.ts'

const ports = portsOf('images')

t.test('lists the images of the engine', async (t) => {
  const server = await startServer(t, { ports })
  const name = `127.0.0.1:5999/berth-test/own-${server.mark}:1`
  const id = await makeImage(name, server.mark)

  const list = await server.get<Image[]>(`/images?label=berth.test=${server.mark}`)
  t.match(list.body, [{ full_id: id, tags: [name], managed: false, containers: [] }])
  // Other tests create and remove images meanwhile.
  await eventually(async () => {
    const [all, { headers }] = await Promise.all([docker.listImages(), server.get('/images?limit=1')])
    assert.equal(Number(headers['x-total-count']), all.length)
  })

  const [details, escaped, byId] = [
    await server.get<ImageDetails>(`/images/${name}`),
    await server.get<ImageDetails>(`/images/${encodeURIComponent(name)}`),
    await server.get<ImageDetails>(`/images/${id.slice(7, 19)}`)
  ]
  t.equal(details.status, 200)
  t.match(details.body, { full_id: id, tags: [name], os: 'linux', layers: 1, command: ['/content'] })
  t.strictSame(escaped.body, details.body)
  t.strictSame(byId.body, details.body)
  const { Size, Created } = await docker.getImage(id).inspect()
  t.equal(details.body.size, Size)
  t.equal(details.body.created, Created)
  const missing = await server.get('/images/127.0.0.1:5999/nobody/nothing:1')
  t.match([missing.status, missing.body.code], [404, 'IMAGE_NOT_FOUND'])
})

t.test('an image that a container was made from stays', async (t) => {
  const server = await startServer(t, { ports })
  const { body: web } = await server.create({ name: `user-${server.mark}`, command: SLEEPER, ports: [] })
  const refused = await server.delete(`/images/${IMAGE}`)
  t.equal(refused.status, 409)
  t.match(refused.body, { code: 'IMAGE_IN_USE' })
  t.ok((refused.body as unknown as Image).containers.some(({ name }) => name === web.name))
  t.equal((await server.delete(`/images/${IMAGE}?force=true`)).status, 409)

  const other = `berth-test/other-${server.mark}:1`
  t.match((await server.post<ImageDetails>('/images/tag', { image: IMAGE, target: other })).body.tags, [/./, /./])
  t.equal((await server.delete(`/images/${other}`)).status, 409)
  const untagged = await server.delete<RemovedImage>(`/images/${other}?force=true`)
  t.match(untagged.body, { untagged: [other], deleted: [], message: /Name removed/ })
  t.equal((await server.get(`/images/${IMAGE}`)).status, 200)
  t.match((await server.get<{ state: string }>(`/containers/${web.id}`)).body.state, 'running')
})

t.test('removing', async (t) => {
  const server = await startServer(t, { ports })
  const [one, two] = [`berth-test/a-${server.mark}:1`, `berth-test/b-${server.mark}:1`]
  const id = await makeImage(one, server.mark)
  await server.post('/images/tag', { image: id, target: two })
  const several = await server.delete(`/images/${id}`)
  t.match([several.status, several.body.code], [409, 'IMAGE_IN_USE'])
  t.match((await server.delete<RemovedImage>(`/images/${one}`)).body, { untagged: [one], deleted: [] })
  const last = await server.delete<RemovedImage>(`/images/${encodeURIComponent(two)}`)
  t.match(last.body, { untagged: [two], message: 'Image removed' })
  t.ok(last.body.deleted.includes(id))
  t.equal((await server.delete(`/images/${two}`)).status, 404)
  await t.rejects(docker.getImage(id).inspect(), /no such image/i)

  const third = await makeImage(one, server.mark)
  await server.post('/images/tag', { image: one, target: two })
  const all = await server.delete<RemovedImage>(`/images/${third}?force=true`)
  t.strictSame(all.body.untagged.toSorted(), [one, two])
  await t.rejects(docker.getImage(third).inspect(), /no such image/i)
})

t.test('an image whose name moved to another is dangling', async (t) => {
  const server = await startServer(t, { ports })
  const name = `berth-test/moving-${server.mark}:1`
  const first = await makeImage(name, server.mark)
  const second = await makeImage(name, server.mark)
  const mark = `label=berth.test=${server.mark}`
  t.match((await server.get<Image[]>(`/images?${mark}&dangling=true`)).body, [{ full_id: first, tags: [] }])
  t.match((await server.get<Image[]>(`/images?${mark}&dangling=false`)).body, [{ full_id: second, tags: [name] }])
  t.match((await server.delete<RemovedImage>(`/images/${first}`)).body, { untagged: [], message: 'Image removed' })
})
