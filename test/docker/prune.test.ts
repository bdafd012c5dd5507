// A prune on the test's own engine, so that no other test loses anything.

import t from 'tap'
import type { Cleaned } from '../../src/system/schemas.ts'
import { IMAGE } from '../helpers/engine.ts'
import { importContent } from '../helpers/images.ts'
import { noPrivateEngine, startPrivateEngine } from '../helpers/private-engine.ts'
import { portsOf, SLEEPER, startServer } from '../helpers/server.ts'

const ports = portsOf('prune')
const KB = 1024
const names = (items: { name: string }[]) => items.map(({ name }) => name)

t.test('unused resources of Berth', { skip: noPrivateEngine }, async (t) => {
  const { engine, socket } = await startPrivateEngine(t)
  const server = await startServer(t, { ports, socket, engine })
  const mount = (source: string) => [{ source, target: '/data' }]
  const write = ['sh', '-c', `head -c ${200 * KB} /dev/zero > /data/f; head -c ${100 * KB} /dev/zero > /tmp/f`]
  await server.create({ name: 'runs', command: SLEEPER, ports: [], volumes: mount('mounted') })
  await server.create({ name: 'over', command: write, ports: [], volumes: mount('idle') })
  await server.get('/containers/over/wait?for=exited')
  const foreign = await engine.createContainer({ name: 'foreign', Image: IMAGE, Cmd: ['true'] })
  await engine.createVolume({ Name: 'of-others' })
  const ours = await importContent(engine, 'io.berth.managed=true', 300 * KB)
  const theirs = await importContent(engine, 'a=b')

  const all = { volumes: true, build_cache: true }
  const early = await server.post<Cleaned>('/system/prune', { ...all, dry_run: true, older_than_seconds: 3_600 })
  t.match(early.body, { containers: [], images: [], volumes: [], freed_bytes: 0 }, early.text)

  const dry = await server.post<Cleaned>('/system/prune', { ...all, dry_run: true })
  t.match([names(dry.body.containers), names(dry.body.volumes)], [['over'], []], 'its volume is still mounted')
  t.match(dry.body.images, [{ id: ours.slice(7, 19) }])
  t.ok(dry.body.freed_bytes >= 400 * KB, `${dry.body.freed_bytes} bytes`)
  t.equal((await engine.listContainers({ all: true })).length, 3)

  const first = await server.post<Cleaned>('/system/prune', {})
  t.match(first.body, { containers: [{ name: 'over' }], images: [{ id: ours.slice(7, 19) }], volumes: [], kept: [] })
  t.equal(first.body.freed_bytes, dry.body.freed_bytes)
  await t.rejects(engine.getImage(ours).inspect(), /no such image/i)
  await engine.getVolume('idle').inspect()

  const second = await server.post<Cleaned>('/system/prune', all)
  t.match(second.body, { containers: [], images: [], volumes: [{ name: 'idle' }], kept: [] })
  t.ok(second.body.freed_bytes >= 200 * KB, `${second.body.freed_bytes} bytes`)
  await t.rejects(engine.getVolume('idle').inspect(), /no such volume/i)

  for (const kept of ['mounted', 'of-others']) t.ok(await engine.getVolume(kept).inspect(), kept)
  t.ok(await engine.getImage(theirs).inspect(), 'a foreign image')
  t.ok(await foreign.inspect(), 'a foreign container')
  t.equal((await server.get<{ state: string }>('/containers/runs')).body.state, 'running')
})
