// The rules for the life of containers, for every engine.

import type { Test } from 'tap'
import { look, make, nameFor, specFor, type Ability, type Subject } from './subject.ts'

const NOBODY = 'f'.repeat(64)
const KEEP = { force: false, volumes: false }

export async function containersContract(t: Test, subject: Subject): Promise<void> {
  const { engine, lacks = {} } = subject
  const onlyWith = (ability: Ability) => ({ skip: lacks[ability] ?? false })
  const pid = lacks['tell process ids'] ? null : Number

  await t.test('a created container exists and does not run', async (t) => {
    const { id, name } = await make(t, subject, { start: false, env: { A: 'secret' }, restart: 'always' })
    t.match(id, /^[0-9a-f]{64}$/)
    t.match(await look(subject, id), {
      id,
      name,
      state: 'created',
      pid: null,
      startedAt: null,
      finishedAt: null,
      restart: 'always',
      command: ['sleep', '3600'],
      limits: { memoryBytes: 64 * 1024 ** 2, cpus: 0.5, pids: 50 },
      labels: { [subject.label.name]: subject.label.value }
    })
    t.ok((await look(subject, id)).envNames.includes('A'))
    t.equal((await look(subject, name)).id, id, 'even by its name')
    t.match(await engine.containerSpec(id), { env: { A: 'secret' }, command: ['sleep', '3600'], restart: 'always' })
  })

  await t.test('the spec may leave out values of the image', async (t) => {
    const { id } = await make(t, subject, { start: false, env: { A: 'secret' } })
    const { imageId } = await look(subject, id)
    t.match(await engine.containerSpec(id, { without: imageId }), { env: { A: 'secret' }, command: ['sleep', '3600'] })
  })

  await t.test('a list filters by label', async (t) => {
    const value = nameFor('list')
    const { id, name } = await make(t, subject, { labels: { [subject.label.name]: subject.label.value, mine: value } })
    await make(t, subject, { start: false })
    t.match(await engine.listContainers({ label: `mine=${value}` }), [{ id, name, state: 'running', health: null }])
    t.strictSame(await engine.listContainers({ label: 'mine=none' }), [])
  })

  await t.test('names are unique', async (t) => {
    const first = await make(t, subject, { start: false })
    const second = await make(t, subject, { start: false })
    const taken = { code: 'CONTAINER_NAME_TAKEN' }
    await t.rejects(engine.createContainer(first.name, specFor(subject)), taken)
    if (!lacks['rename, pause and commit']) await t.rejects(engine.renameContainer(second.id, first.name), taken)
    t.equal((await look(subject, second.id)).name, second.name, 'and nothing was created')
  })

  await t.test('a paused container resumes where it was', onlyWith('rename, pause and commit'), async (t) => {
    const { id } = await make(t, subject)
    await engine.pauseContainer(id)
    t.equal((await look(subject, id)).state, 'paused')
    await engine.unpauseContainer(id)
    t.equal((await look(subject, id)).state, 'running')
  })

  await t.test('a released name is free', onlyWith('rename, pause and commit'), async (t) => {
    const { id, name } = await make(t, subject, { start: false })
    const other = nameFor('renamed')
    await engine.renameContainer(id, other)
    t.equal((await look(subject, other)).id, id)
    t.equal(await engine.inspectContainer(name), undefined)
    await make(t, subject, { name, start: false })
  })

  await t.test('a missing image gives no container', async (t) => {
    const name = nameFor('none')
    await t.rejects(engine.createContainer(name, specFor(subject, { image: 'contract/none:1' })), {
      code: 'IMAGE_NOT_FOUND'
    })
    t.equal(await engine.inspectContainer(name), undefined)
  })

  await t.test('starting a running container changes nothing', async (t) => {
    const { id } = await make(t, subject)
    const before = await look(subject, id)
    t.match(before, { state: 'running', pid, startedAt: String, exitCode: null })
    await engine.startContainer(id)
    t.equal((await look(subject, id)).startedAt, before.startedAt)
  })

  await t.test('a stopped container has an exit code and can be started again', async (t) => {
    const { id } = await make(t, subject)
    const before = await look(subject, id)
    await engine.stopContainer(id, 0)
    t.match(await look(subject, id), { state: 'exited', pid: null, exitCode: Number, finishedAt: String })
    await engine.stopContainer(id, 0)
    await engine.startContainer(id)
    const after = await look(subject, id)
    t.equal(after.state, 'running')
    t.not(after.startedAt, before.startedAt)
  })

  await t.test('stopping a container that never ran changes nothing', async (t) => {
    const { id } = await make(t, subject, { start: false })
    await engine.stopContainer(id, 0)
    t.equal((await look(subject, id)).state, 'created')
  })

  await t.test('a paused container can be stopped but not started', onlyWith('rename, pause and commit'), async (t) => {
    const { id } = await make(t, subject)
    await subject.pause(id)
    t.equal((await look(subject, id)).state, 'paused')
    await t.rejects(engine.startContainer(id), { code: 'CONTAINER_NOT_RUNNING' })
    await engine.stopContainer(id, 0)
    t.equal((await look(subject, id)).state, 'exited')
  })

  await t.test('removing a running or paused container needs force', async (t) => {
    for (const isPaused of lacks['rename, pause and commit'] ? [false] : [false, true]) {
      const { id } = await make(t, subject)
      if (isPaused) await subject.pause(id)
      await t.rejects(engine.removeContainer(id, KEEP), { code: 'CONTAINER_RUNNING' })
      t.ok(await engine.inspectContainer(id), 'it is still there')
      t.equal(await engine.removeContainer(id, { force: true, volumes: true }), true)
      t.equal(await engine.inspectContainer(id), undefined)
    }
  })

  await t.test('missing objects', async (t) => {
    const missing = { code: 'CONTAINER_NOT_FOUND' }
    t.equal(await engine.inspectContainer(NOBODY), undefined)
    t.equal(await engine.removeContainer(NOBODY, KEEP), false)
    await t.rejects(engine.startContainer(NOBODY), missing)
    await t.rejects(engine.stopContainer(NOBODY, 0), missing)
    await t.rejects(engine.renameContainer(NOBODY, nameFor('x')), missing)
    await t.rejects(engine.pauseContainer(NOBODY), missing)
    await t.rejects(engine.unpauseContainer(NOBODY), missing)
    await t.rejects(engine.updateContainer(NOBODY, { cpus: 1 }), missing)
    await t.rejects(engine.containerSpec(NOBODY), missing)
  })

  await t.test('a change of limits applies and leaves the others', async (t) => {
    const { id } = await make(t, subject)
    await engine.updateContainer(id, { cpus: 0.25 })
    await engine.updateContainer(id, { restart: 'unless-stopped' })
    t.match(await look(subject, id), {
      restart: 'unless-stopped',
      limits: { memoryBytes: 64 * 1024 ** 2, cpus: 0.25, pids: 50 }
    })
  })

  await t.test('two running containers cannot have the same port', async (t) => {
    const hostPort = subject.port()
    const ports = [{ containerPort: 5000, protocol: 'tcp' as const, hostIp: '127.0.0.1', hostPort }]
    const first = await make(t, subject, { ports })
    if (lacks['give one port to several that do not run']) {
      const create = engine.createContainer(nameFor('second'), specFor(subject, { ports }))
      return t.rejects(create, { code: 'PORT_UNAVAILABLE', facts: { port: hostPort } })
    }
    const second = await make(t, subject, { ports, start: false })
    if (!lacks['publish on one address']) t.strictSame((await look(subject, first.id)).ports, ports)
    await t.rejects(engine.startContainer(second.id), { code: 'PORT_UNAVAILABLE', facts: { port: hostPort } })
    t.not((await look(subject, second.id)).state, 'running')
    await engine.stopContainer(first.id, 0)
    await engine.startContainer(second.id)
    t.equal((await look(subject, second.id)).state, 'running')
  })

  await t.test(
    'a commit is an image with its labels, without the values that it must not hold',
    onlyWith('rename, pause and commit'),
    async (t) => {
      const { id } = await make(t, subject, { start: false, env: { SECRET: 'value', OTHER: 'stays' } })
      const repository = nameFor('commit')
      await engine.commitContainer(id, repository, '1', { labels: { of: 'it' }, emptied: ['SECRET'] })
      t.teardown(() => engine.removeImage(`${repository}:1`))
      const { id: again } = await make(t, subject, { start: false, image: `${repository}:1` })
      t.match((await engine.containerSpec(again)).env, { SECRET: '', OTHER: 'stays' })
      t.match(await engine.inspectImage(`${repository}:1`), { tags: [`${repository}:1`], labels: { of: 'it' } })
    }
  )
}
