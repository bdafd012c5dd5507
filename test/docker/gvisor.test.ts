// Workloads on their own kernel: the real gVisor, on an engine that has it beside its usual runtime.

import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { tarOf } from '../helpers/archives.ts'
import { installFor } from '../helpers/debian.ts'
import { answerOf, eventually } from '../helpers/engine.ts'
import { filesClient, succeeded } from '../helpers/files-client.ts'
import { makeFolder } from '../helpers/folder.ts'
import { noPrivateEngine, startPrivateEngine } from '../helpers/private-engine.ts'
import { hostPort, portsOf, SLEEPER, startServer } from '../helpers/server.ts'
import { openTerminal } from '../helpers/terminal.ts'
import { until } from '../helpers/until.ts'

/** Answers with its own HOST_PORT. On the network of its container, this version ends what busybox's httpd reads from. */
const SPEAKER = ['sh', '-c', 'while :; do printf "HTTP/1.0 200 OK\\r\\n\\r\\n$HOST_PORT" | nc -l -p 5000; done']

type Result = { exit_code: number; stdout: string }

/** The reason why it is unavailable here, or false. */
function whyNot(): string | false {
  try {
    installFor('gvisor')
    return spawnSync('runsc', ['--version']).status === 0 ? false : 'runsc does not run here'
  } catch (error) {
    return `Debian's runsc cannot be installed: ${String(error).slice(0, 200)}`
  }
}

t.test('the policy puts workloads on gVisor', { skip: noPrivateEngine || whyNot() }, async (t) => {
  const folder = makeFolder('gvisor')
  const config = join(folder, 'daemon.json')
  // Debian's version cannot set up its own network on newer kernels.
  const runsc = { path: '/usr/bin/runsc', runtimeArgs: ['--network=none', '--file-access=shared'] }
  const networked = { path: '/usr/bin/runsc', runtimeArgs: ['--network=host', '--file-access=shared'] }
  const runtimesOfEngine = { runsc, 'runsc-network': networked, broken: { path: '/no/such/runsc' } }
  writeFileSync(config, JSON.stringify({ runtimes: runtimesOfEngine }))
  const { socket, engine } = await startPrivateEngine(t, ['--config-file', config])
  const policy = join(folder, 'policy.json')
  const runtimes = [
    { runtime: 'runsc' },
    { runtime: 'runsc-network' },
    { runtime: 'runc', images: ['**'] },
    { runtime: 'kata' }
  ]
  writeFileSync(policy, JSON.stringify({ runtimes }))
  const env = { BERTH_POLICY_FILE: policy, BERTH_EXEC: 'true' }
  const server = await startServer(t, { ports: portsOf('gvisor'), socket, engine, env })

  const { body: walled, text } = await server.create({ command: SLEEPER, ports: [], read_only: true })
  t.match(walled, { state: 'running', runtime: 'runsc', read_only: true }, text)
  const run = async (id: string, command: string[]) =>
    (await server.post<Result>(`/containers/${id}/exec`, { command })).body
  t.match(await run(walled.id, ['dmesg']), { exit_code: 0, stdout: /Starting gVisor/ })
  t.match(await run(walled.id, ['sh', '-c', 'echo x > /written']), { exit_code: 1 })

  await t.test('files go both ways', async (t) => {
    const { body: box } = await server.create({ command: SLEEPER, ports: [] })
    const files = filesClient(server.url, box.id)
    await run(box.id, ['sh', '-c', 'mkdir /srv; echo inside > /srv/in; ls /srv'])
    t.equal(await files.textOf('/srv/in'), 'inside\n')
    succeeded(await files.write('/srv/out', 'outside', '&mode=640&uid=5'))
    succeeded(await files.write('/srv/in', 'replaced'))
    succeeded(await files.unpack('/srv', await tarOf({ name: 'd/f', content: 'unpacked' })))
    const seen = await run(box.id, ['sh', '-c', 'cd /srv; stat -c "%a %u" out; cat out in d/f'])
    t.equal(seen.stdout, '640 5\noutsidereplacedunpacked')
    succeeded(await files.remove('/srv/d'))
    t.equal((await run(box.id, ['ls', '/srv'])).stdout, 'in\nout\n')
  })

  await t.test('ports are published, on the network of the container', async (t) => {
    const { body: web, text } = await server.create({ runtime: 'runsc-network', command: SPEAKER })
    t.match(web, { state: 'running', runtime: 'runsc-network' }, text)
    t.equal(await eventually(() => answerOf(hostPort(web))), String(hostPort(web)))
    t.match(await run(web.id, ['dmesg']), { exit_code: 0, stdout: /Starting gVisor/ })
    // That of the machine has more than these.
    t.notMatch((await run(web.id, ['ls', '/sys/class/net'])).stdout, /docker|veth|bt/)
  })

  await t.test('a terminal: size, Ctrl-C, a signal, and no leftovers', async (t) => {
    const terminal = await openTerminal(server.url, walled.id, { cols: 100, rows: 30 })
    terminal.type('stty size\r')
    await terminal.shows('30 100')
    terminal.send({ kind: 'resize', cols: 90, rows: 20 })
    terminal.type('stty size\r')
    await terminal.shows('20 90')
    const processes = async () => (await run(walled.id, ['ps'])).stdout
    for (const interrupt of [() => terminal.type('\u0003'), () => terminal.send({ kind: 'signal', signal: 'INT' })]) {
      terminal.type('sleep 777\r')
      await until(async () => (await processes()).includes('sleep 777'))
      interrupt()
      await until(async () => !(await processes()).includes('sleep 777'))
    }
    terminal.type("sleep 801 & (setsid sleep 802 &); trap '' HUP TERM; sleep 803\r")
    await until(async () => (await processes()).includes('sleep 803'))
    terminal.socket.close()
    await until(async () => !/sleep 80[123]/.test(await processes()))
    t.pass()
  })

  const { body: usual } = await server.create({ command: SLEEPER, ports: [], runtime: 'runc' })
  t.match(usual, { runtime: 'runc', read_only: false })
  t.notMatch((await run(usual.id, ['dmesg'])).stdout, /gVisor/)

  const lacking = await server.create({ command: SLEEPER, ports: [], runtime: 'kata' })
  t.match(lacking, { status: 422, body: { code: 'RUNTIME_UNAVAILABLE' } }, lacking.text)
  t.match(await server.create({ runtime: 'broken' }), { status: 403, body: { code: 'POLICY_REFUSED' } })
  t.match(server.output(), /the engine lacks runtimes that the policy names/)

  const stopped = await server.post(`/containers/${walled.id}/stop?timeout=0`)
  t.equal(stopped.status, 200, stopped.text)
  t.match(await server.post(`/containers/${walled.id}/start`), {
    status: 200,
    body: { state: 'running', runtime: 'runsc' }
  })
})
