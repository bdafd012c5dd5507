// The restrictions, requested settings and ports of a new container, and the leftovers of a failed create.

import { once } from 'node:events'
import { createSocket } from 'node:dgram'
import { readFileSync } from 'node:fs'
import t from 'tap'
import type { Container } from '../../src/containers/schemas.ts'
import { answerOf, docker, eventually, ignoreMissing, IMAGE, listenOn, TEST_LABEL } from '../helpers/engine.ts'
import { freePort } from '../helpers/port-ranges.ts'
import { hostPort, portsOf, SLEEPER, startServer, unique } from '../helpers/server.ts'

const RESERVED = portsOf('create').last
const server = await startServer(t, {
  ports: portsOf('create'),
  env: { BERTH_RESERVED_PORTS: String(RESERVED), BERTH_NOFILE_MAX: '2147483647' }
})

t.test('restrictions of every container', async (t) => {
  const { body } = await server.create({ command: ['sh', '-c', 'cat /proc/1/status /proc/self/status; sleep 3600'] })
  const { HostConfig: host, Config: config } = await docker.getContainer(body.full_id).inspect()
  t.match(host, {
    Privileged: false,
    CapDrop: ['ALL'],
    SecurityOpt: ['no-new-privileges'],
    Init: true,
    Memory: 512 * 1024 ** 2,
    MemorySwap: 512 * 1024 ** 2,
    NanoCpus: 1e9,
    PidsLimit: 256,
    LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
    RestartPolicy: { Name: 'no' },
    PortBindings: { '5000/tcp': [{ HostIp: '127.0.0.1' }] }
  })
  t.match(config.Labels, { 'io.berth.managed': 'true', 'io.berth.instance': /^[0-9a-f-]{36}$/ })
  t.match(body.limits, { memory: 512 * 1024 ** 2, cpus: 1, pids: 256 })

  const seen = await eventually(async () => {
    const { text } = await server.get(`/containers/${body.id}/logs`)
    if (text.split('NoNewPrivs').length < 3) throw new Error('not written yet')
    return text
  })
  t.same([...new Set(seen.match(/NoNewPrivs:\s*\d/g))], ['NoNewPrivs:\t1'], 'in the kernel, for init and the workload')
  // chown, dac_override, fowner, kill, setgid, setuid, net_bind_service
  t.same([...new Set(seen.match(/Cap(Eff|Prm|Bnd):\s*\S+/g)?.map((line) => line.slice(8)))], ['00000000000004eb'])
})

t.test('settings of a request', async (t) => {
  const { body, status } = await server.create({
    command: ['sh', '-c', 'echo "$GREETING $(pwd) $(id -u) $(ulimit -n) $(hostname)"; sleep 3600'],
    env: { GREETING: 'hello', SECRET: 'never shown' },
    labels: { team: 'harbour' },
    working_dir: '/tmp',
    user: '1000',
    memory: 64 * 1024 ** 2,
    cpus: 0.5,
    pids_limit: 20,
    nofile: 512,
    restart: 'on-failure',
    stop_timeout: 1
  })
  t.equal(status, 201)
  t.match(body, {
    limits: { memory: 64 * 1024 ** 2, cpus: 0.5, pids: 20, nofile: 512 },
    labels: { team: 'harbour' },
    restart: 'on-failure'
  })
  t.ok(['GREETING', 'SECRET', 'HOST_PORT'].every((name) => body.env.includes(name)))
  t.notMatch(JSON.stringify(body), 'never shown')
  t.notOk(Object.keys(body.labels).some((label) => label.startsWith('io.berth.')))
  await eventually(async () => {
    const { text } = await server.get(`/containers/${body.id}/logs`)
    if (!/^hello \/tmp 1000 512 /.test(text)) throw new Error(`it says ${text}`)
  })
  const { HostConfig: host } = await docker.getContainer(body.full_id).inspect()
  t.match(host, { Memory: 64 * 1024 ** 2, NanoCpus: 5e8, PidsLimit: 20, RestartPolicy: { Name: 'on-failure' } })
  const found = await server.get<Container[]>(`/containers?label=team=harbour&label=${TEST_LABEL}=${server.mark}`)
  t.same(
    found.body.map(({ id }) => id),
    [body.id]
  )
})

t.test('a read-only root file system leaves volumes writable', async (t) => {
  const volume = unique('written')
  t.teardown(() => ignoreMissing(docker.getVolume(volume).remove({ force: true })))
  const { body } = await server.create({
    command: [
      'sh',
      '-c',
      'echo x > /file || echo root refused; echo y > /data/file && echo volume written; sleep 3600'
    ],
    read_only: true,
    volumes: [{ source: volume, target: '/data' }]
  })
  t.equal(body.read_only, true)
  await eventually(async () => {
    const { text } = await server.get(`/containers/${body.id}/logs`)
    // The shell also complains, on another stream.
    if (!['root refused', 'volume written'].every((said) => text.includes(said))) throw new Error(`it says ${text}`)
  })
  await server.delete(`/containers/${body.id}?force=true`)
})

t.test('several ports, TCP and UDP', async (t) => {
  const { body, status } = await server.create({
    command: ['sh', '-c', 'env > /tmp/env; httpd -p 5000 -h /tmp; httpd -p 5001 -h /; sleep 3600'],
    ports: [{ container_port: 5000 }, { container_port: 5001 }, { container_port: 5353, protocol: 'udp' }],
    wait: 'port'
  })
  t.equal(status, 201)
  const [first, second, udp] = ['5000/tcp', '5001/tcp', '5353/udp'].map((key) => Number(body.ports[key]?.split(':')[1]))
  t.not(first, second)
  const env = await eventually(() => answerOf(first!, '/env'))
  for (const [name, port] of Object.entries({ '': first, _5000: first, _5001: second, _5353: udp }))
    t.match(env, `HOST_PORT${name}=${port}\n`)
  t.match(await eventually(() => answerOf(second!, '/tmp/env')), 'HOST_PORT')

  const socket = createSocket('udp4')
  t.teardown(() => socket.close())
  socket.bind(udp, '127.0.0.1')
  const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException]
  t.equal(error.code, 'EADDRINUSE', 'the engine listens for datagrams')

  const { ports, counts, udp_counts: udpCounts } = await server.portOverview()
  t.match(
    ports.filter(({ holder }) => holder?.id === body.id),
    { length: 3, 0: { state: 'bound', holder: { name: body.name, managed: true } } }
  )
  t.equal(udpCounts.bound, 1)
  t.ok(counts.bound >= 2)
})

t.test('a host port requested by number', async (t) => {
  const { last } = server.ports
  const port = last - 1
  const asking = (number: number) =>
    server.create({ command: SLEEPER, ports: [{ container_port: 5000, host_port: number }] })
  const first = await asking(port)
  t.equal(first.status, 201)
  t.equal(hostPort(first.body), port)
  const before = await server.inEngine()

  const taken = await asking(port)
  t.match(taken, { status: 409, body: { code: 'PORT_UNAVAILABLE', detail: new RegExp(`${port}`) } })
  const outside = await asking(last + 1)
  t.match(outside, { status: 400, body: { code: 'INVALID_REQUEST', errors: [{ field: /host_port/ }] } })
  const reserved = await asking(RESERVED)
  t.match(reserved, { status: 409, body: { code: 'PORT_UNAVAILABLE', detail: /BERTH_RESERVED_PORTS/ } })
  await listenOn(t, last - 2)
  const foreign = await asking(last - 2)
  t.match(foreign, { status: 409, body: { code: 'PORT_UNAVAILABLE', detail: new RegExp(`${last - 2}`) } })
  t.equal((await server.inEngine()).length, before.length, 'the failed create left nothing')
})

t.test('no ports', async (t) => {
  const { body, status } = await server.create({ command: ['sh', '-c', 'env; sleep 3600'], ports: [] })
  t.equal(status, 201)
  t.same(body.ports, {})
  t.equal(body.url, null)
  t.notOk(body.env.includes('HOST_PORT'))
})

t.test('labels of Berth in an image are ignored', async (t) => {
  const image = unique('hostile')
  const volume = unique('victim')
  const key = unique('key')
  const { body: victim } = await server.create({ command: SLEEPER })
  await docker.createVolume({ Name: volume })
  const base = await docker.createContainer({ Image: IMAGE, Cmd: ['true'] })
  const labels = {
    'io.berth.idempotency-key': key,
    'io.berth.ttl-seconds': '1',
    'io.berth.replaces': victim.full_id,
    'io.berth.anonymous-volumes': volume,
    'io.berth.image': 'innocent:latest'
  }
  await base.commit({ repo: image, changes: Object.entries(labels).map(([name, value]) => `LABEL ${name}=${value}`) })
  await base.remove()
  t.teardown(async () => {
    await docker.getImage(image).remove()
    await ignoreMissing(docker.getVolume(volume).remove())
  })

  const { body } = await server.create({ image, command: SLEEPER })
  t.match(body, { image, expires_at: null, managed: true })
  t.equal((await server.get<Container>(`/containers/${victim.full_id}`)).body.id, victim.id)
  const keyed = await server.create({ command: SLEEPER }, { headers: { 'idempotency-key': key } })
  t.match(keyed, { status: 201, body: { replayed: false } })
  await server.delete(`/containers/${body.id}?force=true`)
  t.ok(await docker.getVolume(volume).inspect(), 'the named volume is not touched')
})

t.test('a failed create leaves nothing', async (t) => {
  const volume = unique('never')
  const nothingListens = freePort()
  const before = await server.inEngine()
  const { counts } = await server.portOverview()
  const taken = unique('taken')
  const { body: holder } = await server.create({ name: taken, command: SLEEPER })

  const filesOfKernel = Number(readFileSync('/proc/sys/fs/nr_open', 'utf8'))
  const cases: [string, Parameters<typeof server.create>[0], number, string][] = [
    ['no such image', { image: 'berth-test/none:1', pull: 'never' }, 404, 'IMAGE_NOT_FOUND'],
    ['no such registry', { image: `127.0.0.1:${nothingListens}/none:1` }, 502, 'REGISTRY_UNAVAILABLE'],
    ['no such program', { command: ['/no/such/program'], wait: 'port' }, 422, 'CONTAINER_EXITED'],
    ['no such user', { user: 'nobody-here' }, 422, 'CONTAINER_START_FAILED'],
    ['more open files than the kernel gives', { nofile: filesOfKernel + 1 }, 422, 'LIMIT_UNAVAILABLE'],
    ['name taken', { name: taken }, 409, 'CONTAINER_NAME_TAKEN'],
    ['ended at once', { command: ['sh', '-c', 'echo no; exit 3'], wait: 'port' }, 422, 'CONTAINER_EXITED']
  ]
  for (const [why, body, status, code] of cases) {
    const answer = await server.create({ ...body, volumes: [{ source: volume, target: '/data' }] })
    t.match(answer, { status, body: { code } }, `${why}: ${answer.text}`)
    await t.rejects(docker.getVolume(volume).inspect(), /no such/, `${why}: no volume`)
  }
  await server.delete(`/containers/${holder.id}?force=true`)
  t.equal((await server.inEngine()).length, before.length, 'no container')
  t.match((await server.portOverview()).counts, { bound: counts.bound, parked: counts.parked, leased: 0 })
})

t.test('a health check of an image runs every five seconds at most', async (t) => {
  const repository = unique('checked')
  const base = await docker.createContainer({ Image: IMAGE, Cmd: SLEEPER })
  for (const [tag, interval] of [
    ['often', '100ms'],
    ['seldom', '10s']
  ]) {
    t.teardown(() => ignoreMissing(docker.getImage(`${repository}:${tag}`).remove({ force: true })))
    await base.commit({ repo: repository, tag, changes: `HEALTHCHECK --interval=${interval} CMD true` })
  }
  await base.remove()
  const checkOf = async (id: string) => {
    const { Config: config } = await docker.getContainer(id).inspect()
    return [config.Healthcheck?.Test?.join(' '), (config.Healthcheck?.Interval ?? 0) / 1e9]
  }
  const image = `${repository}:often`
  const { body: made } = await server.create({ image })
  t.strictSame(await checkOf(made.full_id), ['CMD-SHELL true', 5])
  const { body: other } = await server.create({ image, healthcheck: { test: ['CMD', 'true'] } })
  t.strictSame(await checkOf(other.full_id), ['CMD true', 5], 'the interval of the image does not apply')

  const patch = async (body: object) =>
    (await server.patch<{ full_id: string }>(`/containers/${made.name}`, body)).body.full_id
  t.strictSame(await checkOf(await patch({ env: { NAME: 'ada' } })), ['CMD-SHELL true', 5])
  t.strictSame(await checkOf(await patch({ image: `${repository}:seldom` })), ['CMD-SHELL true', 10])
  t.strictSame(await checkOf(await patch({ image })), ['CMD-SHELL true', 5])
})
