// Builds in a cgroup of the operator: a fork bomb (a small one, which ends) stops at its limit.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { endOf, processesWith, sendBuild } from '../helpers/builds.ts'
import { IMAGE } from '../helpers/engine.ts'
import { noPrivateEngine, startPrivateEngine } from '../helpers/private-engine.ts'
import { portsOf, startServer } from '../helpers/server.ts'

const LIMIT = 60
const FORKS = 300
const ROOT = ['/sys/fs/cgroup/pids', '/sys/fs/cgroup'].find((folder) => existsSync(join(folder, 'cgroup.procs'))) ?? ''
const noCgroup = noPrivateEngine || (ROOT === '' ? 'needs cgroups' : false)
const BUILDERS = ['buildkit', 'classic'] as const

t.test('a fork bomb in a build', { skip: noCgroup }, async (t) => {
  const parent = `/berth-test-${process.pid}`
  // BuildKit puts its steps there, below the configured group.
  const bounded = `${parent}/buildkit`
  mkdirSync(join(ROOT, bounded), { recursive: true })
  const engine = await startPrivateEngine(t, ['--exec-opt', 'native.cgroupdriver=cgroupfs', '--cgroup-parent', parent])
  t.teardown(() => removeGroups(parent, bounded))
  const common = { ports: portsOf('buildsBounds'), socket: engine.socket, engine: engine.engine }
  const setting = { BERTH_BUILD_CGROUP_PARENT: bounded }

  await t.test('the server does not start with a cgroup without a limit', async (t) => {
    await t.rejects(startServer(t, { ...common, env: setting }), /BERTH_BUILD_CGROUP_PARENT .* sets no limit/)
    const env = { BERTH_BUILD_CGROUP_PARENT: '/berth-test-nowhere' }
    await t.rejects(startServer(t, { ...common, env }), /there is no .*berth-test-nowhere\/pids\.max/)
  })

  writeFileSync(join(ROOT, bounded, 'pids.max'), String(LIMIT))
  const server = await startServer(t, { ...common, env: setting })

  for (const builder of BUILDERS)
    await t.test(`${builder}: a fork bomb stops at the limit, and the engine continues`, async (t) => {
      const word = `6.${process.pid}${BUILDERS.indexOf(builder)}`
      const bomb = `i=0; while [ $i -lt ${FORKS} ]; do sleep ${word} & i=$((i+1)); echo fork $i; done; wait`
      const { body } = await sendBuild(server, `FROM ${IMAGE}\nRUN ${bomb}\n`, { image_name: 'bomb', builder })
      const build = await endOf(server, body.id)
      t.match(build, { status: 'failed', builder, build: { code: 'BUILD_FAILED' } })
      const { text } = await server.get(`/builds/${body.id}/logs`)
      t.match(text, /can't fork: Resource temporarily unavailable/)
      const forks = text.match(/fork \d+$/gm)?.length ?? 0
      t.ok(forks > 20 && forks < LIMIT, `${forks} forks`)
      t.equal(processesWith(`sleep\0${word}`), 0, 'and none of its processes is left')
      const next = await sendBuild(server, `FROM ${IMAGE}\nRUN true\n`, { image_name: 'next', builder })
      t.match(await endOf(server, next.body.id), { status: 'completed' })
    })

  await t.test('a cgroup without BuildKit applies to the classic builder only', async (t) => {
    writeFileSync(join(ROOT, parent, 'pids.max'), String(LIMIT))
    const strict = await startServer(t, { ...common, env: { BERTH_BUILD_CGROUP_PARENT: parent } })
    const asked = await sendBuild(strict, `FROM ${IMAGE}\n`, { image_name: 'strict', builder: 'buildkit' })
    t.match(asked, { status: 400, body: { errors: [{ field: 'builder', message: /must be classic here/ }] } })
    const dockerfile = `FROM ${IMAGE}\nRUN cat /proc/self/cgroup\n`
    const { body } = await sendBuild(strict, dockerfile, { image_name: 'strict' })
    t.match(await endOf(strict, body.id), { status: 'completed', builder: 'classic' })
    t.match((await strict.get(`/builds/${body.id}/logs`)).text, new RegExp(`:${parent}/[0-9a-f]{64}`))
    t.match(readFileSync(join(ROOT, parent, 'pids.max'), 'utf8'), `${LIMIT}`)
  })
})

/** Each controller of cgroup v1 has a tree of its own, in which the engine makes the group too. */
function removeGroups(parent: string, below: string): void {
  const roots = ['', ...readdirSync('/sys/fs/cgroup')].map((name) => join('/sys/fs/cgroup', name))
  const folders = roots.flatMap((root) => [join(root, below), join(root, parent)])
  for (const folder of folders) if (existsSync(folder)) rmdirSync(folder)
}
