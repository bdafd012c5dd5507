// Podman with its Docker API: a second engine, whose files all belong to the test. Needs root on Debian.

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type Docker from 'dockerode'
import type { Test } from 'tap'
import { installFor } from './debian.ts'
import { connect, eventually } from './engine.ts'
import { makeFolder } from './folder.ts'

// If rlimits cannot be raised, its default rlimits for containers prevent their start.
const SETTINGS = `[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
`

/** The reason why it is unavailable here, or false. */
export function noPodman(): string | false {
  if (process.getuid?.() !== 0) return 'needs root'
  if (isInstalled()) return false
  try {
    installFor('podman')
  } catch (error) {
    return `podman cannot be installed: ${String(error).slice(0, 200)}`
  }
  return isInstalled() ? false : 'podman cannot be installed'
}

export async function startPodman(t: Test): Promise<{ socket: string; engine: Docker }> {
  const folder = makeFolder('podman')
  const socket = join(folder, 'podman.sock')
  const log = join(folder, 'podman.log')
  writeFileSync(join(folder, 'containers.conf'), SETTINGS)
  const env = { ...process.env, CONTAINERS_CONF: join(folder, 'containers.conf') }
  const place = ['--root', join(folder, 'root'), '--runroot', join(folder, 'run'), '--tmpdir', join(folder, 'tmp')]
  const output = openSync(log, 'a')
  const service = spawn('podman', [...place, 'system', 'service', '--time=0', `unix://${socket}`], {
    env,
    stdio: ['ignore', output, output]
  })
  const killWithTest = () => service.kill()
  process.on('exit', killWithTest)
  t.teardown(async () => {
    process.off('exit', killWithTest)
    const ended = once(service, 'exit')
    service.kill()
    await ended
    spawnSync('podman', [...place, 'system', 'reset', '--force'], { env })
    rmSync(folder, { recursive: true, force: true })
  })

  const engine = connect(socket)
  await eventually(async () => {
    if (service.exitCode !== null) throw new Error(readFileSync(log, 'utf8').slice(-1_000))
    await engine.ping()
  })
  return { socket, engine }
}

function isInstalled(): boolean {
  return spawnSync('podman', ['--version']).status === 0
}
