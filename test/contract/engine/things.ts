// The rules for volumes, networks and images, for every engine.

import type { Test } from 'tap'
import { make, nameFor, type Subject } from './subject.ts'

export async function thingsContract(t: Test, subject: Subject): Promise<void> {
  const { engine, label, lacks = {} } = subject
  const labels = { [label.name]: label.value }

  await t.test('a volume is created once, found by its label, and removed', async (t) => {
    const name = nameFor('volume')
    const marked = nameFor('mark')
    t.notOk(await engine.findVolume(name))
    await engine.createVolume(name, { ...labels, marked })
    await engine.createVolume(name, { ...labels, marked })
    t.ok(await engine.findVolume(name))
    const [found, ...others] = await engine.listVolumes({ label: `marked=${marked}` })
    t.match([found, others], [{ name, driver: 'local', createdAt: /^20/, labels: { ...labels, marked } }, []])
    t.ok((await engine.listVolumes()).some((volume) => volume.name === name))
    t.equal(await engine.removeVolume(name), true)
    t.equal(await engine.removeVolume(name), false)
  })

  await t.test('a mounted volume stays, even if its container is removed with its volumes', async (t) => {
    const source = nameFor('volume')
    const volumeLabels = { ...labels, marked: source }
    const volumes = [{ source, target: '/data', readOnly: false }]
    const { id } = await make(t, subject, { volumes, volumeLabels, start: false })
    t.teardown(() => engine.removeVolume(source))
    if (!lacks['label the volumes of a create'])
      t.match(await engine.listVolumes({ label: `marked=${source}` }), [{ name: source, labels: volumeLabels }])
    if (lacks['keep a volume that is in use']) return
    await t.rejects(engine.removeVolume(source), { code: 'VOLUME_IN_USE' })
    await engine.removeContainer(id, { force: true, volumes: true })
    t.ok(await engine.findVolume(source))
  })

  await t.test('a network has one name, and can be removed when no container is on it', async (t) => {
    const name = nameFor('network')
    const id = await engine.createNetwork({ name, internal: false, labels })
    t.teardown(() => engine.removeNetwork(id))
    t.match(
      (await engine.listNetworks()).find((network) => network.id === id),
      { name, internal: false, joinable: true, labels }
    )
    await t.rejects(engine.createNetwork({ name, internal: false, labels }), { code: 'NETWORK_NAME_TAKEN' })
    const on = await make(t, subject, { network: { name, aliases: ['db'] } })
    t.match(await engine.inspectContainer(on.id), { networks: [{ name, address: String }] })
    if (!lacks['keep a network that is in use']) await t.rejects(engine.removeNetwork(id), { code: 'NETWORK_IN_USE' })
    await engine.removeContainer(on.id, { force: true, volumes: true })
    t.equal(await engine.removeNetwork(id), true)
    t.equal(await engine.removeNetwork(id), false)
  })

  await t.test('a container on a missing network does not start', async (t) => {
    const network = { name: nameFor('network'), aliases: [] }
    await t.rejects(make(t, subject, { network }), { code: 'NETWORK_NOT_FOUND' })
  })

  await t.test('an image has several names, and loses them one by one', async (t) => {
    const name = nameFor('image')
    t.equal(await engine.inspectImage(`${name}:1`), undefined)
    await t.rejects(engine.tagImage(`${name}:1`, `${name}:2`), { code: 'IMAGE_NOT_FOUND' })
    await engine.tagImage(subject.image, `${name}:1`)
    const [image, tagged] = await Promise.all([engine.inspectImage(subject.image), engine.inspectImage(`${name}:1`)])
    t.equal(tagged?.id, image?.id)
    for (const other of [`docker.io/library/${name}:1`, image?.id ?? '', image?.id.slice(7, 19) ?? ''])
      t.equal((await engine.inspectImage(other))?.id, image?.id, other)
    t.strictSame(await engine.removeImage(`${name}:1`), { untagged: [`${name}:1`], deleted: [] })
    t.strictSame(await engine.removeImage(`${name}:1`), { untagged: [], deleted: [] })
    t.ok(await engine.inspectImage(subject.image), 'the image is still there')
  })
}
