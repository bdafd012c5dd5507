// Installs and starts Debian's docker.io, on request of root on a machine without an engine.
import { spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { sleep } from '../src/lib/sleep.ts'
import { lastLines, run } from './run.ts'
import { say, SetupError } from './say.ts'
import { step } from './step.mjs'

// An engine that was killed with 842 running containers needed 195 seconds to recover.
const START_LIMIT_MS = 600_000
const HINT_AFTER_MS = 20_000
const INIT_SCRIPT_MS = 15_000
const ATTEMPTS = 4
const LOG = '/var/log/berth-dockerd.log'
const POLICY = '/usr/sbin/policy-rc.d'

const PID_FILE = '/var/run/docker.pid'
const INIT_SCRIPT_PID_FILE = '/var/run/docker-ssd.pid'
const CONTAINERD_PID_FILE = '/var/run/docker/containerd/containerd.pid'

/** Whether the engine answers before the signal. */
type Answers = (signal: AbortSignal) => Promise<boolean>

export async function installDocker(): Promise<void> {
  const apt = (...args: string[]) =>
    run('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=120', ...args], { DEBIAN_FRONTEND: 'noninteractive' })

  // The package starts the engine in its own way, and counts as broken if that fails. It is started here afterwards.
  const keepsQuiet = !isSystemd() && !existsSync(POLICY)
  if (keepsQuiet) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    const updated = await step('looking for the Docker engine (apt-get update)', () => apt('update'))
    const installed = await step('installing the Docker engine (apt-get install docker.io)', () =>
      // The engine lists processes with the program ps.
      apt('install', '-y', '--no-install-recommends', 'docker.io', 'procps')
    )
    if (!installed.ok) {
      const output = updated.ok ? installed.output : `${updated.output}\n${installed.output}`
      throw new SetupError(`docker.io could not be installed:\n${lastLines(output, 15)}`)
    }
  } finally {
    if (keepsQuiet) rmSync(POLICY)
  }
}

/** Returns when the engine answers. */
export async function startDocker(answers: Answers): Promise<void> {
  await removeLeftovers()
  if (isSystemd()) return startWithSystemd(answers)

  const deadline = Date.now() + START_LIMIT_MS
  if (await startWithInitScript(answers)) return

  const complaints = watchLog()
  let options: string[] = []
  for (let attempt = 1; attempt <= ATTEMPTS && Date.now() < deadline; attempt++) {
    if (await startDaemon(options, answers, deadline)) return
    if (options.length === 0 && /iptables/i.test(lastLines(complaints(), 3))) {
      say('iptables does not work here: ports are published by the engine itself, containers reach no other network')
      options = ['--iptables=false', '--ip6tables=false']
    }
    await sleep(500)
  }
  throw new SetupError(`The Docker engine does not start; see ${LOG}.\n${lastLines(complaints(), 10)}`)
}

async function startWithSystemd(answers: Answers): Promise<void> {
  const started = await patiently('starting the Docker engine (systemctl start docker)', async () => {
    const { ok, output } = await run('systemctl', ['start', 'docker'])
    return { output, isUp: ok && (await answers(AbortSignal.timeout(START_LIMIT_MS))) }
  })
  if (started.isUp) return

  const { output } = await run('journalctl', ['-u', 'docker', '-n', '15', '--no-pager'])
  throw new SetupError(`The Docker engine does not start.\n${started.output}${output}`)
}

async function startWithInitScript(answers: Answers): Promise<boolean> {
  if (isRunning(PID_FILE, 'dockerd')) return false

  const started = await step('starting the Docker engine (service docker start)', async () => {
    const { ok, output } = await run('service', ['docker', 'start'])
    return { ok, output, isUp: ok && (await answers(AbortSignal.timeout(INIT_SCRIPT_MS))) }
  })
  if (started.isUp) return true

  const reason = started.ok ? 'it does not answer' : lastLines(started.output, 1) || 'no such service'
  say(`that does not work here (${reason}): starting dockerd itself, which writes to ${LOG}`)
  return false
}

/** Starts dockerd in its own session and waits until it answers or exits. For a running one it only waits. */
async function startDaemon(options: string[], answers: Answers, deadline: number): Promise<boolean> {
  const limit = AbortSignal.timeout(Math.max(0, deadline - Date.now()))
  if (isRunning(PID_FILE, 'dockerd')) {
    return patiently('waiting for a dockerd that runs but does not answer yet', () => answers(limit))
  }

  await removeLeftovers()
  const log = openSync(LOG, 'a')
  const env = { ...process.env, PATH: `${process.env.PATH}:/usr/local/sbin:/usr/sbin:/sbin` }
  const daemon = spawn('dockerd', options, { cwd: '/', env, detached: true, stdio: ['ignore', log, log] })
  closeSync(log)

  const death = new AbortController()
  daemon.once('exit', () => death.abort())
  daemon.once('error', () => death.abort())
  const isUp = await patiently('starting dockerd', () => answers(AbortSignal.any([limit, death.signal])))
  daemon.unref()
  return isUp
}

function patiently<T>(title: string, start: () => Promise<T>): Promise<T> {
  return step(title, async (at) => {
    const timer = setTimeout(() => at('with hundreds of containers left by a crash that takes minutes'), HINT_AFTER_MS)
    try {
      return await start()
    } finally {
      clearTimeout(timer)
    }
  })
}

/** A killed engine leaves PIDs that may have been reused, and a containerd that needs a moment to end. */
async function removeLeftovers(): Promise<void> {
  for (const file of [PID_FILE, INIT_SCRIPT_PID_FILE]) {
    if (!isRunning(file, 'dockerd')) rmSync(file, { force: true })
  }

  // A containerd ends without its dockerd. A new dockerd would take it for its own and wait in vain.
  const waitUntil = Date.now() + 10_000
  while (isRunning(CONTAINERD_PID_FILE, 'containerd') && Date.now() < waitUntil) {
    if (isRunning(PID_FILE, 'dockerd')) return
    await sleep(100)
  }
  if (!isRunning(CONTAINERD_PID_FILE, 'containerd')) rmSync(CONTAINERD_PID_FILE, { force: true })
}

/** Whether the PID in the file belongs to this program, and is still alive. */
function isRunning(pidFile: string, program: string): boolean {
  try {
    const pid = Number(readFileSync(pidFile, 'utf8'))
    const [, name, state] = /\((.*)\) (.)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? []
    return name === program && state !== 'Z'
  } catch {
    return false
  }
}

/** Returns the errors of dockerd since this call. */
function watchLog(): () => string {
  const read = () => (existsSync(LOG) ? readFileSync(LOG, 'utf8') : '')
  const start = read().length
  return () => {
    const lines = read().slice(start).split('\n')
    return lines.filter((line) => !line.includes('level=info')).join('\n')
  }
}

function isSystemd(): boolean {
  return existsSync('/run/systemd/system')
}
