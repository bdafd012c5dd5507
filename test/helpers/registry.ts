// A real registry, Debian's package `docker-registry`, on a free port of loopback, with a login or without.

import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { eventually, freePort } from './engine.ts'

export const LOGIN = { username: 'captain', password: 'open sesame' }
// Of that password, by bcrypt: the only form the registry reads.
const HASH = '$2b$05$abcdefghijklmnopqrstuupx2xBUC4954936wVIjyyPHmUBFu0wCW'
const PROGRAM = '/usr/bin/docker-registry'

export async function startRegistry(t: Pick<Test, 'teardown'>, { login = false }: { login?: boolean } = {}) {
  if (!existsSync(PROGRAM)) install()
  const folder = mkdtempSync(join(tmpdir(), 'berth-test-registry-'))
  const port = await freePort()
  const host = `127.0.0.1:${port}`
  writeFileSync(join(folder, 'htpasswd'), `${LOGIN.username}:${HASH}\n`)
  writeFileSync(
    join(folder, 'config.yml'),
    [
      'version: 0.1',
      'log: { level: error, accesslog: { disabled: true } }',
      `storage: { filesystem: { rootdirectory: ${folder}/data }, delete: { enabled: true } }`,
      `http: { addr: ${host} }`,
      ...(login ? [`auth: { htpasswd: { realm: harbour, path: ${folder}/htpasswd } }`] : [])
    ].join('\n')
  )
  let child: ChildProcess | undefined

  async function start(): Promise<void> {
    child = spawn(PROGRAM, ['serve', join(folder, 'config.yml')], { stdio: 'ignore' })
    await eventually(() => fetch(`http://${host}/v2/`))
  }

  async function kill(): Promise<void> {
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }

  t.teardown(async () => {
    await kill()
    rmSync(folder, { recursive: true, force: true })
  })
  await start()

  return {
    host,
    start,
    kill,
    freeze: () => child?.kill('SIGSTOP'),
    thaw: () => child?.kill('SIGCONT'),
    async tags(repository: string): Promise<string[]> {
      const authorization = `Basic ${Buffer.from(`${LOGIN.username}:${LOGIN.password}`).toString('base64')}`
      const answer = await fetch(`http://${host}/v2/${repository}/tags/list`, { headers: { authorization } })
      return answer.ok ? ((await answer.json()) as { tags: string[] }).tags : []
    }
  }
}

function install(): void {
  const command = ['apt-get', 'install', '-y', '--no-install-recommends', 'docker-registry']
  const [program = '', ...rest] = process.getuid?.() === 0 ? command : ['sudo', '-n', ...command]
  // The package would start a service of its own, which nobody needs here.
  execFileSync(program, rest, {
    stdio: 'pipe',
    env: { ...process.env, RUNLEVEL: '1', DEBIAN_FRONTEND: 'noninteractive' }
  })
}
