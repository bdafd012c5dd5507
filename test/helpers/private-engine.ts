// An engine for one test, which can be killed and restarted without harm to others. Needs root and an installed dockerd.

import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { connect, eventually } from './engine.ts'
import { leftOvers, makeFolder } from './folder.ts'
import { isAlive } from './process.ts'

/** The reason why no engine can start here, or false. */
export const noPrivateEngine: string | false =
  process.getuid?.() !== 0
    ? 'needs root'
    : ['dockerd', 'containerd', 'ip'].some((program) => spawnSync('which', [program]).status !== 0)
      ? 'needs dockerd, containerd and ip'
      : false

/** With further arguments for dockerd. */
export async function startPrivateEngine(t: Test, more: string[] = []) {
  for (const left of leftOvers()) if (left.includes('-engine-')) removeEngine(left)
  const folder = makeFolder('engine')
  // With a user namespace, root in a container is another user.
  chmodSync(folder, 0o711)
  const socket = join(folder, 'docker.sock')
  const engine = connect(socket)
  const bridge = bridgeOf(process.pid)
  const log = openSync(join(folder, 'dockerd.log'), 'a')
  const containerdPid = join(folder, 'exec/containerd/containerd.pid')
  let daemon: ChildProcess | undefined

  execFileSync('ip', ['link', 'add', bridge, 'type', 'bridge'])
  execFileSync('ip', ['addr', 'add', addressOf(process.pid), 'dev', bridge])
  execFileSync('ip', ['link', 'set', bridge, 'up'])

  async function start(): Promise<void> {
    const args = [
      ...['--data-root', join(folder, 'data'), '--exec-root', join(folder, 'exec')],
      ...['--pidfile', join(folder, 'dockerd.pid'), '--host', `unix://${socket}`, '--bridge', bridge],
      ...['--iptables=false', '--ip-masq=false', '--ip-forward=false'],
      ...more
    ]
    // Its own process group, so that a signal to the tests does not end it before its containers.
    const started = spawn('dockerd', args, { detached: true, stdio: ['ignore', log, log] })
    daemon = started
    await eventually(async () => {
      if (started.exitCode !== null) throw new Error(readFileSync(join(folder, 'dockerd.log'), 'utf8').slice(-1_000))
      await engine.ping()
    })
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    const running = daemon
    if (!running || running.exitCode !== null || running.signalCode !== null) return
    const containerd = existsSync(containerdPid) ? Number(readFileSync(containerdPid, 'utf8')) : undefined
    const ended = once(running, 'exit')
    running.kill(signal)
    await ended
    // A new engine would wait in vain for a containerd that only seems to run.
    await eventually(() => {
      if (containerd !== undefined && isAlive(containerd)) throw new Error('containerd still runs')
    })
    rmSync(containerdPid, { force: true })
  }

  t.teardown(async () => {
    daemon?.kill('SIGCONT')
    if (daemon?.exitCode !== null || daemon.signalCode !== null) await start().catch(() => {})
    const containers = await engine.listContainers({ all: true }).catch(() => [])
    for (const { Id } of containers)
      await engine
        .getContainer(Id)
        .remove({ force: true })
        .catch(() => {})
    await end('SIGTERM')
    removeEngine(folder)
  })
  await start()

  return {
    socket,
    engine,
    start,
    kill: () => end('SIGKILL'),
    freeze: () => daemon?.kill('SIGSTOP'),
    thaw: () => daemon?.kill('SIGCONT')
  }
}

const bridgeOf = (pid: number) => `bt${pid}`

/** One network of 62 addresses for each process. */
function addressOf(pid: number): string {
  const index = pid % 1024
  return `10.213.${index >> 2}.${(index & 3) * 64 + 1}/26`
}

/** Removes the leftovers of an engine that has ended, or was killed with its test. */
function removeEngine(folder: string): void {
  killLeftOvers(folder)
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n')
  for (const path of mounts.flatMap((line) => line.split(' ')[1] ?? []).filter((mount) => mount.startsWith(folder)))
    spawnSync('umount', ['-l', path])
  spawnSync('ip', ['link', 'del', bridgeOf(Number(/-(\d+)-/.exec(folder)?.[1]))])
  rmSync(folder, { recursive: true, force: true })
}

/** The processes of containers outlive an engine that does not come back, each with its shim. */
function killLeftOvers(folder: string): void {
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  const read = (pid: string, file: string) => {
    try {
      return readFileSync(`/proc/${pid}/${file}`, 'utf8')
    } catch {
      return ''
    }
  }
  const shims = new Set(processes.filter((pid) => read(pid, 'cmdline').includes(folder)))
  const children = processes.filter((pid) => shims.has(/\) \S (\d+)/.exec(read(pid, 'stat'))?.[1] ?? ''))
  for (const pid of [...children, ...shims]) spawnSync('kill', ['-9', pid])
}
