// A container from its creation to its removal, and the calls allowed on a foreign one.

import t from 'tap'
import type { ChangedContainer, Container, RemovedContainer } from '../../src/containers/schemas.ts'
import { answerOf, docker, eventually, IMAGE, runForeign } from '../helpers/engine.ts'
import { hostPort, portsOf, SLEEPER, startServer, unique, WORKLOAD } from '../helpers/server.ts'

const server = await startServer(t, { ports: portsOf('lifecycle'), env: { BERTH_MEMORY_MAX: '1g' } })
const stateOf = async (port: number) => (await server.portOverview()).ports.find((row) => row.port === port)?.state

t.test('the first system’s sequence of calls', async (t) => {
  const name = unique('first')
  const created = await server.post<Container>('/containers/create', { name, command: WORKLOAD, labels: server.labels })
  t.equal(created.status, 201, created.text)
  const { id, full_id: fullId } = created.body
  const port = hostPort(created.body)
  t.match(created.body, {
    id: /^[0-9a-f]{12}$/,
    name,
    status: 'running',
    state: 'running',
    image: IMAGE,
    ports: { '5000/tcp': /^127\.0\.0\.1:8\d{3}$/ },
    url: `http://127.0.0.1:${port}`,
    created: /^\d{4}-/,
    managed: true
  })
  t.equal(created.headers.location, `/containers/${id}`)
  t.equal(await eventually(() => answerOf(port)), String(port), 'HOST_PORT is the port it answers on')

  for (const list of ['/containers', '/containers/running']) {
    const { body } = await server.get<Container[]>(list)
    t.match(
      body.find((container) => container.id === id),
      { name, ports: created.body.ports },
      list
    )
  }
  for (const reference of [id, fullId, fullId.slice(0, 20), name]) {
    t.equal((await server.get<Container>(`/containers/${reference}`)).body.full_id, fullId, `found by ${reference}`)
  }
  const { body: again } = await server.post<ChangedContainer>(`/containers/${id}/start`)
  t.match(again, { changed: false, message: 'Container already running', state: 'running' })

  const { status, body: stopped } = await server.post<ChangedContainer>(`/containers/${name}/stop`)
  t.equal(status, 200)
  t.match(stopped, { changed: true, message: 'Container stopped', state: 'exited', exit_code: Number, url: null })
  t.equal(await stateOf(port), 'parked')
  const { body: running } = await server.get<Container[]>('/containers/running')
  t.notOk(running.some((container) => container.id === id))
  const { status: twice, body: unchanged } = await server.post<ChangedContainer>(`/containers/${id}/stop`)
  t.equal(twice, 200)
  t.match(unchanged, { changed: false, message: 'Container already stopped' })

  const { body: started } = await server.post<ChangedContainer>(`/containers/${id}/start`)
  t.match(started, { changed: true, state: 'running', ports: created.body.ports })
  t.equal(await eventually(() => answerOf(port)), String(port))
  const { body: restarted } = await server.post<ChangedContainer>(`/containers/${id}/restart`)
  t.match(restarted, { changed: true, message: 'Container restarted', state: 'running', ports: created.body.ports })
  t.not(restarted.started_at, started.started_at)

  const refused = await server.delete(`/containers/${id}`)
  t.match(refused, { status: 409, body: { code: 'CONTAINER_RUNNING' } })
  const removed = await server.delete<RemovedContainer>(`/containers/${id}?force=true`)
  t.match(removed, { status: 200, body: { id, name, removed: true } })
  t.match(await server.get(`/containers/${id}`), { status: 404, body: { code: 'CONTAINER_NOT_FOUND' } })
  t.match(await server.delete(`/containers/${id}`), { status: 404 })
  await t.rejects(docker.getContainer(fullId).inspect(), /no such/)
  t.equal(await stateOf(port), undefined, 'its port is free')
})

t.test('a container created without a start', async (t) => {
  const { body, status } = await server.create({ start: false })
  t.equal(status, 201)
  t.match(body, { state: 'created', url: null, started_at: null })
  const port = hostPort(body)
  t.equal(await stateOf(port), 'parked')
  const { body: started } = await server.post<ChangedContainer>(`/containers/${body.id}/start`)
  t.match(started, { state: 'running', ports: body.ports })
  t.equal(await eventually(() => answerOf(port)), String(port))
})

t.test('PATCH /containers/{id}', async (t) => {
  const { body: made } = await server.create({ command: SLEEPER })
  const { status, body } = await server.patch<ChangedContainer>(`/containers/${made.id}`, {
    memory: 128 * 1024 ** 2,
    cpus: 0.25,
    pids_limit: 99,
    restart: 'unless-stopped',
    ttl_seconds: 3600
  })
  t.equal(status, 200)
  t.match(body, {
    limits: { memory: 128 * 1024 ** 2, cpus: 0.25, pids: 99 },
    restart: 'unless-stopped',
    changed: true
  })
  const end = Date.parse(body.expires_at ?? '')
  t.ok(end > Date.now() + 3_590_000 && end <= Date.now() + 3_600_000)
  const { HostConfig: host } = await docker.getContainer(made.full_id).inspect()
  t.match(host, { Memory: 128 * 1024 ** 2, MemorySwap: 128 * 1024 ** 2, NanoCpus: 25e7, PidsLimit: 99 })
  t.equal(host.RestartPolicy?.Name, 'unless-stopped')

  const forever = await server.patch<ChangedContainer>(`/containers/${made.id}`, { ttl_seconds: null })
  t.equal(forever.body.expires_at, null)
  const tooMuch = await server.patch(`/containers/${made.id}`, { memory: 2 * 1024 ** 3 })
  t.match(tooMuch, { status: 400, body: { code: 'INVALID_REQUEST', errors: [{ field: 'memory' }] } })
})

t.test('foreign containers', async (t) => {
  const foreign = await runForeign(t, { name: unique('foreign') })
  const seen = await eventually(async () => {
    const answer = await server.get<Container>(`/containers/${foreign.id}`)
    if (answer.status !== 200) throw new Error(answer.text)
    return answer.body
  })
  t.match(seen, { managed: false, state: 'running' })
  const refusal = { status: 403, body: { code: 'CONTAINER_NOT_MANAGED' } }
  for (const verb of ['start', 'stop', 'restart'])
    t.match(await server.post(`/containers/${foreign.id}/${verb}`), refusal, verb)
  t.match(await server.delete(`/containers/${foreign.id}?force=true`), refusal, 'DELETE')
  t.match(await server.patch(`/containers/${foreign.id}`, { memory: 2 ** 26 }), refusal, 'PATCH')
  t.equal((await foreign.inspect()).State.Status, 'running')
})

t.test('GET /containers/{id}/top', async (t) => {
  const { body } = await server.create({ command: SLEEPER })
  const top = await server.get<{ titles: string[]; processes: string[][] }>(`/containers/${body.id}/top`)
  t.ok(top.body.titles.includes('PID'))
  t.match(JSON.stringify(top.body.processes), 'sleep 3600')
})
