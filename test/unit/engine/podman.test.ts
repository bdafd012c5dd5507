// Differences of Podman's Docker API from Docker's, as in Podman 5.8.

import t from 'tap'
import { collect } from '../../helpers/collect.ts'
import { engineThat, json, type Answer } from '../../helpers/engine-server.ts'

const ID = 'a1'.repeat(32)
const PODMAN = { version: { Version: '5.8.6', Components: [{ Name: 'Podman Engine' }] } }
const ok: Answer = (_asked, answer) => void answer.writeHead(204).end()

t.test('a paused container is unpaused before a stop', async (t) => {
  let isPaused = true
  const { engine, asked } = await engineThat(t, {
    [`POST /containers/${ID}/stop`]: (call, answer) =>
      isPaused
        ? json(500, { message: `container ${ID} is running or paused, refusing to clean up` })(call, answer)
        : ok(call, answer),
    [`POST /containers/${ID}/unpause`]: (call, answer) => {
      isPaused = false
      ok(call, answer)
    }
  })
  await engine.stopContainer(ID, 0)
  t.strictSame(
    asked.map(({ path }) => path.split('/').at(-1)),
    ['stop', 'unpause', 'stop']
  )
})

t.test('CPUs are changed by their quota', async (t) => {
  const { engine, asked } = await engineThat(t, { [`POST /containers/${ID}/update`]: json(200, {}) }, PODMAN)
  await engine.updateContainer(ID, { cpus: 0.25, pids: 9 })
  t.strictSame(asked[0]?.body, { CpuPeriod: 100_000, CpuQuota: 25_000, PidsLimit: 9 })
})

t.test('a removed image is reported as requested, with its whole id', async (t) => {
  const names = ['docker.io/library/app:1', 'localhost/app:1', 'docker.io/team/app@sha256:1']
  const rows = [...names.map((Untagged) => ({ Untagged })), { Deleted: ID }]
  const { engine } = await engineThat(t, { 'DELETE /images/app:1': json(200, rows) })
  t.match(await engine.removeImage('app:1'), {
    untagged: ['app:1', 'localhost/app:1', 'docker.io/team/app@sha256:1'],
    deleted: [`sha256:${ID}`]
  })
})

t.test("a refused push, which carries the error text of Podman's client", async (t) => {
  const blob = `sha256:${ID}`
  const reuse = `trying to reuse blob ${blob} at destination: checking whether a blob ${blob} exists in r.lan:5000/app`
  const head = `trying to reuse blob ${blob} at destination: Head "http://r.lan:5000/v2/app/blobs/${blob}"`
  for (const [said, code, detail] of [
    [`${reuse}: StatusCode: 403, ""`, 'REGISTRY_FORBIDDEN', 'HTTP status 403'],
    [`${reuse}: StatusCode: 429, ""`, 'REGISTRY_RATE_LIMITED', 'HTTP status 429'],
    [`${reuse}: StatusCode: 418, ""`, 'REGISTRY_REFUSED', 'HTTP status 418'],
    [`${reuse}: authentication required`, 'REGISTRY_UNAUTHORIZED', 'authentication required'],
    [`${head}: EOF`, 'REGISTRY_UNAVAILABLE', 'the connection was closed']
  ] as const) {
    const refused = json(500, { errorDetail: { message: said }, error: said })
    const { engine } = await engineThat(t, { 'POST /images/r.lan:5000/app/push': refused }, PODMAN)
    await t.rejects(engine.pushImage('r.lan:5000/app:1'), { code, message: new RegExp(`: ${detail}$`) })
  }
})

t.test('a registry without a port stands for all of its ports, except on Docker', async (t) => {
  const insecure = { '127.0.0.1': { Secure: false }, 'registry.lan:5000': { Secure: false } }
  const infoWith = async (indexes: object) => {
    const info = { RegistryConfig: { InsecureRegistryCIDRs: [], IndexConfigs: indexes } }
    const { engine } = await engineThat(t, { 'GET /info': json(200, info) }, PODMAN)
    return (await engine.info()).insecureRegistries
  }
  t.strictSame(await infoWith(insecure), ['127.0.0.1:*', 'registry.lan:5000'])
  t.strictSame(await infoWith({ 'docker.io': { Secure: true }, ...insecure }), ['127.0.0.1', 'registry.lan:5000'])
})

t.test('the bounds of a time range are inclusive, to the nanosecond', async (t) => {
  const logs: Answer = (_asked, answer) => void answer.writeHead(200, { 'content-type': 'application/json' }).end()
  const query = { stdout: true, stderr: true, follow: false, since: '1795999126.957366441', until: '1795999127' }
  for (const [given, since, until] of [
    [PODMAN, '2026-11-30T00:38:46.957366440Z', '2026-11-30T00:38:47.000000001Z'],
    [undefined, query.since, query.until]
  ] as const) {
    const { engine, asked } = await engineThat(t, { [`GET /containers/${ID}/logs`]: logs }, given)
    t.strictSame(await collect(engine.containerLogs(ID, false, query)), [])
    t.match(asked[0]?.query, { since, until })
  }
})

t.test('a dangling link exists, and the second attempt removes it', async (t) => {
  const stat = (mode: number) =>
    Buffer.from(
      JSON.stringify({ name: 'nowhere', size: 7, mode, mtime: '2026-01-01T00:00:00Z', linkTarget: '/tmp/nowhere' })
    ).toString('base64')
  const [LINK, FILE] = [2 ** 27 + 0o777, 0o644]
  const stats = [stat(LINK), stat(FILE), undefined]
  const { engine, asked } = await engineThat(t, {
    [`HEAD /containers/${ID}/archive`]: (_asked, answer) => {
      const [header] = stats
      answer.writeHead(404, header === undefined ? {} : { 'x-docker-container-path-stat': header }).end()
    },
    [`PUT /containers/${ID}/archive`]: (_asked, answer) => {
      stats.shift()
      answer.writeHead(500, { 'content-type': 'application/json' })
      answer.end('{"message":"link: no such file or directory"}')
    }
  })
  t.match(await engine.statPath(ID, '/tmp/link'), { kind: 'link', target: '/tmp/nowhere' })
  t.equal(await engine.removePath(ID, '/tmp/link'), true)
  t.equal(await engine.statPath(ID, '/tmp/link'), undefined)
  t.equal(asked.filter(({ method }) => method === 'PUT').length, 2)
})
