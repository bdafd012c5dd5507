import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { freedomsOf, type Inspected } from '../../../src/engine/docker/freedoms.ts'

const FIXTURES = join(import.meta.dirname, '../../fixtures')
const recorded = (engine: string) =>
  JSON.parse(readFileSync(join(FIXTURES, `inspect-${engine}.json`), 'utf8')) as Record<string, { inspect: Inspected }>

for (const engine of ['docker-20.10', 'podman-4.3']) {
  t.test(`${engine}: containers of Berth have none, others have some`, async (t) => {
    const all = recorded(engine)
    for (const name of ['created', 'running', 'exited']) t.strictSame(freedomsOf(all[name]!.inspect), [], name)
    t.strictSame(freedomsOf(all.foreign!.inspect), ['new privileges', 'more capabilities'])
  })
}

t.test('each freedom is recognized', async (t) => {
  const ours = recorded('docker-20.10').running!.inspect
  const having = (host: Partial<Inspected['HostConfig']>, more: Partial<Inspected> = {}) =>
    freedomsOf({ ...ours, ...more, HostConfig: { ...ours.HostConfig, ...host } })
  t.strictSame(having({ Privileged: true }), ['privileged mode'])
  for (const SecurityOpt of [null, [], ['no-new-privileges:false'], ['seccomp=unconfined']])
    t.strictSame(having({ SecurityOpt }), ['new privileges'], String(SecurityOpt))
  for (const SecurityOpt of [['no-new-privileges:true'], ['label=x', 'no-new-privileges=true']])
    t.strictSame(having({ SecurityOpt }), [], String(SecurityOpt))
  t.strictSame(having({ CapAdd: ['CAP_CHOWN', 'kill'] }), [], 'however it is spelt')
  for (const CapAdd of [['SYS_ADMIN'], ['CAP_SYS_ADMIN'], ['ALL'], ['NET_RAW']])
    t.strictSame(having({ CapAdd }), ['more capabilities'], String(CapAdd))
  t.strictSame(having({ CapDrop: ['NET_RAW'] }), ['more capabilities'])
  const podman5 = ['FSETID', 'SETFCAP', 'SETPCAP', 'SYS_CHROOT']
  t.strictSame(having({ CapAdd: [], CapDrop: podman5 }), [])
  for (const kept of podman5)
    t.strictSame(having({ CapAdd: [], CapDrop: podman5.filter((name) => name !== kept) }), ['more capabilities'], kept)
  t.strictSame(having({ CapDrop: null }), ['more capabilities'])
  t.strictSame(having({ Devices: [{}] }), ['a device'])
  t.strictSame(having({ DeviceRequests: [{}] }), ['a device'])
  t.strictSame(having({}, { Mounts: [{ Type: 'bind' }] }), ['a path of the host'])
  for (const mode of ['NetworkMode', 'PidMode', 'IpcMode', 'UTSMode', 'UsernsMode'] as const)
    t.strictSame(having({ [mode]: 'host' }), ['a namespace of others'], mode)
  t.strictSame(having({ NetworkMode: 'container:abc' }), ['a namespace of others'])
})
