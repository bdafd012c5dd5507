// An engine that gives containers their own user namespace (`userns-remap`): root inside is an unprivileged user outside.

import { statSync } from 'node:fs'
import t from 'tap'
import { filesClient, succeeded } from '../helpers/files-client.ts'
import { noPrivateEngine, startPrivateEngine } from '../helpers/private-engine.ts'
import { portsOf, startServer, unique, WORKLOAD } from '../helpers/server.ts'

t.test('containers of an engine with userns-remap', { skip: noPrivateEngine }, async (t) => {
  const { socket, engine } = await startPrivateEngine(t, ['--userns-remap=default'])
  const server = await startServer(t, { ports: portsOf('userns'), socket, engine, env: { BERTH_EXEC: 'true' } })
  const name = unique('remapped')
  const volumes = [{ source: unique('data'), target: '/data' }]
  const made = await server.create({ name, command: WORKLOAD, volumes, wait: 'port' })
  t.equal(made.status, 201, made.text)
  const { State: state } = await engine.getContainer(made.body.full_id).inspect()
  t.ok(statSync(`/proc/${state.Pid}`).uid > 0, 'root inside is another user on the machine')
  const exec = async (command: string[]) =>
    (await server.post<{ stdout: string; exit_code: number }>(`/containers/${name}/exec`, { command })).body
  t.match(await exec(['id', '-u']), { stdout: '0\n', exit_code: 0 })
  t.match(await exec(['sh', '-c', 'echo kept > /data/file && cat /data/file']), { stdout: 'kept\n', exit_code: 0 })
  const files = filesClient(server.url, name)
  succeeded(await files.write('/srv-file', 'sent', '&uid=5'))
  t.match(await exec(['sh', '-c', 'stat -c %u /srv-file; cat /srv-file']), { stdout: '5\nsent' })
  t.equal(await files.textOf('/data/file'), 'kept\n')
  t.match(await server.get(`/containers/${name}/stats`), { status: 200 })
})
