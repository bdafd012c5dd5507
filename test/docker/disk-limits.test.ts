// Storage limits of containers, on two private engines: one that can measure their file systems, and one that cannot.

import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { installFor } from '../helpers/debian.ts'
import { eventually } from '../helpers/engine.ts'
import { makeFolder } from '../helpers/folder.ts'
import { noPrivateEngine, startPrivateEngine } from '../helpers/private-engine.ts'
import { portsOf, startServer, unique } from '../helpers/server.ts'

const MIB = 1024 ** 2

type Kind = 'btrfs' | 'xfs'

/** A folder on a file system of its own. */
function mountDisk(t: Test, kind: Kind): string {
  if (spawnSync(`mkfs.${kind}`, ['-V']).error) installFor(kind)
  const folder = makeFolder(kind)
  const [file, mount] = [join(folder, 'disk'), join(folder, 'mount')]
  writeFileSync(file, '')
  truncateSync(file, 512 * MIB)
  mkdirSync(mount)
  execFileSync(`mkfs.${kind}`, ['-q', file])
  execFileSync('mount', ['-o', 'loop', file, mount])
  t.teardown(async () => {
    await eventually(() => execFileSync('umount', [mount], { stdio: 'pipe' }))
    rmSync(folder, { recursive: true })
  })
  return mount
}

function whyNot(kind: Kind): string | false {
  return (
    noPrivateEngine ||
    (spawnSync('modprobe', [kind]).status === 0 || spawnSync('grep', ['-qw', kind, '/proc/filesystems']).status === 0
      ? false
      : `the kernel has no ${kind}`)
  )
}

t.test('the storage of a container, on an engine that can limit it', { skip: whyNot('btrfs') }, async (t) => {
  const root = join(mountDisk(t, 'btrfs'), 'data')
  const { socket, engine } = await startPrivateEngine(t, ['--storage-driver=btrfs', `--data-root=${root}`])
  const policy = join(makeFolder('policy'), 'policy.json')
  writeFileSync(policy, JSON.stringify({ storage_size: 64 * MIB }))
  const env = { BERTH_EXEC: 'true', BERTH_POLICY_FILE: policy }
  const server = await startServer(t, { ports: portsOf('diskLimits'), socket, engine, env })
  const write = async (id: string, mib: number) => {
    const command = ['dd', 'if=/dev/zero', 'of=/file', 'bs=1M', `count=${mib}`, 'conv=fsync']
    const { body } = await server.post<{ exit_code: number; stderr: string }>(`/containers/${id}/exec`, { command })
    return body
  }
  const small = await server.create({ name: unique('small'), storage_size: 24 * MIB })
  t.equal(small.status, 201, small.text)
  t.match(small.body.limits, { storage_size: 24 * MIB, io_weight: null })
  t.match(await write(small.body.id, 4), { exit_code: 0 })
  t.match(await write(small.body.id, 48), { exit_code: 1, stderr: /quota exceeded/i })

  const plain = await server.create()
  t.match(plain.body.limits, { storage_size: 64 * MIB }, 'the policy sets it for requests without one')
  t.match(await write(plain.body.id, 32), { exit_code: 0 })
  t.match(await write(plain.body.id, 96), { exit_code: 1, stderr: /quota exceeded/i })

  const refused = await server.create({ storage_size: 65 * MIB })
  t.match(refused, { status: 400, body: { code: 'INVALID_REQUEST', errors: [{ field: 'storage_size' }] } })
  const changed = await server.patch<{ limits: object }>(`/containers/${small.body.id}`, { env: { A: 'b' } })
  t.match(changed, { status: 200, body: { limits: { storage_size: 24 * MIB } } }, 'a replacement keeps it')
})

t.test('an engine on XFS that is mounted without pquota', { skip: whyNot('xfs') }, async (t) => {
  const root = join(mountDisk(t, 'xfs'), 'data')
  const { socket, engine } = await startPrivateEngine(t, ['--storage-driver=overlay2', `--data-root=${root}`])
  const server = await startServer(t, { ports: portsOf('diskLimits'), socket, engine })
  const refused = await server.create({ storage_size: 24 * MIB })
  t.match(refused, { status: 422, body: { code: 'LIMIT_UNAVAILABLE', detail: /pquota/ } }, refused.text)
  t.strictSame(await server.inEngine(), [])
})

t.test('an engine without this ability', { skip: noPrivateEngine }, async (t) => {
  const { socket, engine } = await startPrivateEngine(t, ['--storage-driver=vfs'])
  const server = await startServer(t, { ports: portsOf('diskLimits'), socket, engine })
  const volumes = [{ source: unique('data'), target: '/data' }]
  const refused = await server.create({ storage_size: 1024 * MIB, volumes })
  t.match(refused, { status: 422, body: { code: 'LIMIT_UNAVAILABLE', detail: /vfs/ } })
  t.strictSame(await server.inEngine(), [])
  t.equal((await engine.listVolumes()).Volumes?.length ?? 0, 0)

  // The kernel decides, not the engine. The result is a weight or a refusal, never a container without its weight.
  const weighed = await server.create({ io_weight: 300 })
  if (weighed.status === 201) t.match(weighed.body.limits, { io_weight: 300 })
  else {
    t.match(weighed, { status: 422, body: { code: 'LIMIT_UNAVAILABLE', detail: /weights/ } })
    t.strictSame(await server.inEngine(), [])
  }
})
