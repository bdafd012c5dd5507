// Workloads on a kernel of their own: the real gVisor, on an engine that has it beside its usual runtime.

import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { installFor } from '../helpers/debian.ts'
import { makeFolder } from '../helpers/folder.ts'
import { noPrivateEngine, startPrivateEngine } from '../helpers/private-engine.ts'
import { portsOf, SLEEPER, startServer } from '../helpers/server.ts'

type Result = { exit_code: number; stdout: string }

/** Why it cannot be had here; false when it can. */
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
  // Debian's version meets no network of its own on newer kernels.
  const runsc = { path: '/usr/bin/runsc', runtimeArgs: ['--network=none'] }
  writeFileSync(config, JSON.stringify({ runtimes: { runsc, broken: { path: '/no/such/runsc' } } }))
  const { socket, engine } = await startPrivateEngine(t, ['--config-file', config])
  const policy = join(folder, 'policy.json')
  const runtimes = [{ runtime: 'runsc' }, { runtime: 'runc', images: ['**'] }, { runtime: 'kata' }]
  writeFileSync(policy, JSON.stringify({ runtimes }))
  const env = { BERTH_POLICY_FILE: policy, BERTH_EXEC: 'true' }
  const server = await startServer(t, { ports: portsOf('gvisor'), socket, engine, env })

  const { body: walled, text } = await server.create({ command: SLEEPER, ports: [], read_only: true })
  t.match(walled, { state: 'running', runtime: 'runsc', read_only: true }, text)
  const run = async (id: string, command: string[]) =>
    (await server.post<Result>(`/containers/${id}/exec`, { command })).body
  t.match(await run(walled.id, ['dmesg']), { exit_code: 0, stdout: /Starting gVisor/ })
  t.match(await run(walled.id, ['sh', '-c', 'echo x > /written']), { exit_code: 1 })

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
