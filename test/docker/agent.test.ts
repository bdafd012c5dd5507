// An agent between a server and a real engine: the calls that pass, in both directions and to their end, and those refused.

import { readdirSync, readFileSync, rmSync } from 'node:fs'
import https from 'node:https'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import t from 'tap'
import { createConnection } from '../../src/engine/docker/connection.ts'
import { createDockerEngine } from '../../src/engine/docker/engine.ts'
import { AGENT_NAME, agentAddresses } from '../../src/engine/swarm/agents.ts'
import { readCertificates } from '../../src/lib/certificates.ts'
import { TAR_END, tarFile } from '../../src/lib/tar/write.ts'
import { makeAgentCerts } from '../helpers/agent.ts'
import { runBare } from '../helpers/bare-server.ts'
import { createAuthority, type Certificate } from '../helpers/certificates.ts'
import { docker, eventually, ignoreMissing, IMAGE, SOCKET } from '../helpers/engine.ts'
import { makeFolder } from '../helpers/folder.ts'
import { freePort } from '../helpers/port-ranges.ts'
import { silentLog } from '../helpers/records.ts'

const TASK = { 'com.docker.swarm.task.id': 'of-a-test', 'io.berth.managed': 'true' }
const HOST = '127.0.0.1'
const MANY = 20
const MEGABYTE = 1024 ** 2

const folder = makeFolder('agent')
t.teardown(() => rmSync(folder, { recursive: true }))
const certs = makeAgentCerts(folder)
const port = freePort()
const startAgent = () =>
  runBare(t, { BERTH_AGENT_PORT: String(port), BERTH_AGENT_CERTS: certs.agent, DOCKER_HOST: `unix://${SOCKET}` }, [
    'src/agent/main.ts'
  ])

async function make(given: object, labels: Record<string, string> = TASK) {
  const container = await docker.createContainer({ Image: IMAGE, Cmd: ['sleep', '3600'], Labels: labels, ...given })
  t.teardown(() => ignoreMissing(container.remove({ force: true, v: true })))
  return container
}

async function run(given: object = {}): Promise<string> {
  const container = await make(given)
  await container.start()
  return container.id
}

/** The status of a call on a new connection, or the error of the connection. */
function statusOf(method: string, path: string, { body, ...options }: https.RequestOptions & { body?: object } = {}) {
  const { ca, cert, key } = readCertificates(certs.server)
  return new Promise<number | string>((resolve) => {
    const headers = body ? { 'Content-Type': 'application/json' } : {}
    const given = { host: HOST, port, method, path, headers, agent: false, servername: AGENT_NAME, ca, cert, key }
    https
      .request({ ...given, ...options }, (answer) => {
        answer.resume()
        resolve(answer.statusCode ?? 0)
      })
      .on('error', ({ message }) => resolve(message))
      .end(body && JSON.stringify(body))
  })
}

const agent = startAgent()
await agent.up()
const task = await run()

const connection = createConnection({
  candidates: [agentAddresses(port, readCertificates(certs.server))(HOST)],
  log: silentLog,
  watchMs: 100
})
t.teardown(connection.close)
t.ok(await connection.start())
const engine = createDockerEngine({
  connection,
  log: silentLog,
  concurrency: 16,
  queue: 1_000,
  changeTimeoutMs: 30_000,
  registryIdleMs: 30_000,
  registryTimeoutMs: 30_000
})
const within = () => ({ bytes: 10 * MEGABYTE, signal: AbortSignal.timeout(60_000) })

async function textOf(pieces: AsyncIterable<{ bytes: Buffer } | Buffer>): Promise<string> {
  const all: Buffer[] = []
  for await (const piece of pieces) all.push(Buffer.isBuffer(piece) ? piece : piece.bytes)
  return Buffer.concat(all).toString('utf8')
}

t.test('a command gets its whole input, and its whole output comes back', async (t) => {
  const stdin = 'line\n'.repeat(100_000)
  const done = await engine.exec(task, { command: ['sh', '-c', 'cat; echo end >&2; exit 3'], env: {}, stdin }, within())
  t.equal(done.stdout.length, stdin.length)
  t.match(done, { stderr: 'end\n', exitCode: 3 })
  const unread = await engine.exec(task, { command: ['echo', 'hello'], env: {}, stdin }, within())
  t.match(unread, { stdout: 'hello\n', exitCode: 0 }, 'unread input')
})

t.test('a terminal works and can be resized', async (t) => {
  const size = { cols: 80, rows: 24 }
  const running = await engine.startProcess(task, { command: ['sh'], env: {}, size, takesInput: true })
  await running.resize({ cols: 132, rows: 50 })
  await running.write(Buffer.from('stty size; exit 4\n'))
  t.match(await textOf(running.output), /50 132/)
  t.equal(await running.exitCode(), 4)
})

t.test('files of any size go both ways', async (t) => {
  const content = Buffer.alloc(32 * MEGABYTE, 'berth')
  const archive = Readable.from(
    (async function* () {
      yield* tarFile({ name: 'big', kind: 'file', size: content.length, mode: 0o644 } as never, [content] as never)
      yield TAR_END
    })()
  )
  await engine.writeArchive(task, archive, AbortSignal.timeout(60_000), '/tmp')
  t.match(await engine.statPath(task, '/tmp/big'), { kind: 'file', sizeBytes: content.length })
  const whole = await textOf(await engine.readArchive(task, '/tmp/big', AbortSignal.timeout(60_000)))
  t.ok(whole.includes('berth'.repeat(1_000)))
  t.ok(whole.length > content.length)
  t.equal(await engine.removePath(task, '/tmp/big'), true)
})

t.test('processes, output and statistics pass', async (t) => {
  t.match(await engine.containerProcesses(task), { processes: [['root']] })
  const first = await engine.containerCounters(task)
  t.match(first, { memoryUsage: Number, pids: 1, networks: { eth0: { rxBytes: Number } } })
  const second = await engine.containerCounters(task)
  t.ok((second?.clockNs ?? 0) > (first?.clockNs ?? 0))
  const speaker = await run({ Cmd: ['sh', '-c', 'echo one; echo two >&2; sleep 3600'] })
  const query = { stdout: true, stderr: true, follow: true }
  const lines = new Set<string>()
  for await (const { stream } of engine.containerLogs(speaker, false, query)) if (lines.add(stream).size === 2) break
  t.strictSame(lines, new Set(['stdout', 'stderr']))
})

t.test('a call that a client abandons ends on the engine, too', async () => {
  const running = await engine.startProcess(task, { command: ['cat'], env: {}, takesInput: true })
  const commands = async () => JSON.stringify((await engine.containerProcesses(task)).processes)
  await eventually(async () => {
    if (!(await commands()).includes('"cat"')) throw new Error('the command does not run')
  })
  running.release()
  await eventually(async () => {
    if ((await commands()).includes('"cat"')) throw new Error('the command still waits for input')
  })

  const open = () => readdirSync(`/proc/${agent.child.pid}/fd`).length
  const before = open()
  const left = new AbortController()
  const query = { stdout: true, stderr: true, follow: true }
  const following = Array.from({ length: MANY }, () =>
    engine.containerLogs(task, false, query, left.signal)[Symbol.asyncIterator]().next()
  )
  await eventually(() => {
    if (open() < before + 2 * MANY) throw new Error('it does not follow all of them')
  })
  left.abort()
  await Promise.allSettled(following)
  await eventually(() => {
    if (open() > before + MANY) throw new Error(`${open()} files are open, and were ${before}`)
  })
})

t.test('other calls are refused, even with the right certificate', async (t) => {
  const foreign = await make({}, {})
  const others: [why: string, id: string][] = [
    ['of nobody', foreign.id],
    ['of a service of others', (await make({}, { ...TASK, 'io.berth.managed': '' })).id],
    ['of no service', (await make({}, { 'io.berth.managed': 'true' })).id],
    ['privileged', (await make({ HostConfig: { Privileged: true } })).id],
    ['with a folder of the machine', (await make({ HostConfig: { Binds: [`${folder}:/host`] } })).id]
  ]
  await foreign.start()
  const command = { AttachStdin: false, AttachStdout: true, AttachStderr: true, Tty: false, Cmd: ['id'], Env: [] }
  const prepared = await foreign.exec({ Cmd: ['id'] })
  const rooted = await docker.getContainer(task).exec({ Cmd: ['id'], Privileged: true })

  t.equal(await statusOf('GET', '/v1.41/version'), 200)
  t.equal(await statusOf('POST', `/v1.41/containers/${task}/exec`, { body: command }), 201)
  const refused: [method: string, path: string, body?: object][] = [
    ['POST', '/v1.41/containers/create', { Image: IMAGE, HostConfig: { Privileged: true } }],
    ['GET', '/v1.41/containers/json'],
    ['GET', `/v1.41/containers/${task}/json`],
    ['GET', '/v1.41/images/json'],
    ['POST', '/v1.41/images/create?fromImage=busybox'],
    ['POST', '/v1.41/build'],
    ['GET', '/v1.41/secrets'],
    ['GET', '/v1.41/info'],
    ['POST', '/v1.41/swarm/leave?force=1'],
    ['DELETE', `/v1.41/containers/${task}`],
    ['POST', `/v1.41/containers/${task}/update`, { Memory: 0 }],
    ['GET', `/v1.41/containers/${task}/top?ps_args=axe`],
    ['GET', `/v1.41/containers/${task}/export`],
    ['GET', `/v1.41/containers/${task}/archive?path=/etc;x=1`],
    ['GET', `/v1.41/containers/${task}/../${foreign.id}/archive?path=/etc`],
    ['GET', `/v1.41/containers/${task.slice(0, 12)}/top`],
    ['POST', `/v1.41/containers/${task}/exec`, { ...command, Privileged: true }],
    ['POST', `/v1.41/containers/${task}/exec`, { ...command, privileged: true }],
    ['POST', `/v1.41/exec/${rooted.id}/resize?h=1&w=1`],
    ['GET', `/v1.41/exec/${prepared.id}/json`]
  ]
  for (const [method, path, body] of refused)
    t.equal(await statusOf(method, path, body ? { body } : {}), 403, `${method} ${path} ${JSON.stringify(body ?? '')}`)
  for (const [why, id] of others) {
    t.equal(await statusOf('GET', `/v1.41/containers/${id}/stats?stream=false`), 403, why)
    t.equal(await statusOf('GET', `/v1.41/containers/${id}/archive?path=/etc`), 403, why)
    t.equal(await statusOf('POST', `/v1.41/containers/${id}/exec`, { body: command }), 403, why)
    t.equal(await statusOf('POST', `/v1.41/containers/${id}/stop`), 403, why)
  }
  const upgrade = { Connection: 'Upgrade', Upgrade: 'tcp' }
  for (const id of [prepared.id, rooted.id])
    t.equal(await statusOf('POST', `/v1.41/exec/${id}/start`, { headers: { ...upgrade, 'Content-Length': 0 } }), 403)
  t.equal(await statusOf('POST', '/grpc', { headers: { ...upgrade, 'Content-Length': 0 } }), 403, 'BuildKit')
  const line = `"path":"/v1.41/containers/${foreign.id}/stats"`
  t.equal(await statusOf('GET', `/v1.41/containers/${foreign.id}/stats?stream=false`), 403)
  await eventually(() => {
    if (!agent.output().includes(line)) throw new Error('it logs no refusal')
  })
  t.equal(agent.output().split(line).length, 2, 'and are logged once')
})

t.test('only a server certificate gets access', async (t) => {
  const foreign = createAuthority(join(folder, 'foreign')).sign({ name: 'berth', use: 'clientAuth' })
  const closed = /alert|ECONNRESET|hang up/i
  const show = ({ cert, key }: Certificate) =>
    statusOf('GET', '/version', { cert: readFileSync(cert), key: readFileSync(key) })
  t.match(await statusOf('GET', '/version', { cert: undefined, key: undefined }), closed, 'none')
  t.match(await show(foreign), closed, 'of another authority')
  const own = { cert: join(certs.agent, 'cert.pem'), key: join(certs.agent, 'key.pem') }
  t.match(await show(own), closed, 'an agent certificate is no server certificate')
  t.equal(await statusOf('GET', '/version'), 200)
})

t.test('a lost agent is noticed at once, and found again', async (t) => {
  agent.child.kill('SIGKILL')
  await agent.ended
  await t.rejects(engine.containerProcesses(task), { code: 'ENGINE_UNAVAILABLE' })
  await startAgent().up()
  await connection.whenAvailable(AbortSignal.timeout(60_000))
  t.match(await engine.containerProcesses(task), { processes: [['root']] })
})
