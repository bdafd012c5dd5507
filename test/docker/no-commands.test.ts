// No request reaches a command line: the test traces the programs that the server starts while every operation gets values
// that a shell would execute. The only programs are those that measure the machine, which are the same for every request.

import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { eventually } from '../helpers/engine.ts'
import { portsOf, startServer } from '../helpers/server.ts'
import { installFor } from '../helpers/debian.ts'
import { makeFolder } from '../helpers/folder.ts'

const EVIL = [
  '$(touch /tmp/berth-canary)',
  '`touch /tmp/berth-canary`',
  '; touch /tmp/berth-canary #',
  '| berth-canary'
]
// The commands of systeminformation, which cannot contain any part of a request.
const SAMPLERS = [
  '/bin/sh -c cat /proc/mounts 2>/dev/null',
  'cat /proc/mounts',
  '/bin/sh -c export LC_ALL=C; df -kPTx squashfs; unset LC_ALL',
  'df -kPTx squashfs',
  '/bin/sh -c cat /proc/stat 2>/dev/null | grep cpu',
  'cat /proc/stat',
  'grep cpu'
]

function whyNot(): string | false {
  try {
    if (spawnSync('strace', ['--version']).error) installFor('strace')
    execFileSync('strace', ['-f', '-o', '/dev/null', 'true'], { stdio: 'ignore' })
    return false
  } catch (error) {
    return `strace is not here, or may not watch: ${String(error).split('\n')[0]}`
  }
}

t.test('the server starts no program', { skip: whyNot() }, async (t) => {
  const server = await startServer(t, { ports: portsOf('noCommands'), env: { BERTH_EXEC: 'true' } })
  const folder = makeFolder('strace')
  t.teardown(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'trace')
  const strace = spawn(
    'strace',
    ['-f', '-s', '1000', '-e', 'trace=execve,execveat', '-o', file, '-p', String(server.pid)],
    { stdio: ['ignore', 'ignore', 'pipe'] }
  )
  t.teardown(() => strace.kill('SIGKILL'))
  await once(strace.stderr, 'data')

  t.equal((await server.get('/system/stats')).status, 200)
  for (const [index, evil] of EVIL.entries()) {
    const id = `web-${index}`
    const made = await server.create({
      name: id,
      env: { EVIL: evil, HOST_PATH: evil },
      labels: { evil }
    })
    t.equal(made.status, 201, made.text)
    const word = encodeURIComponent(evil)
    await server.create({ name: evil, image: evil, command: [evil] })
    await server.create({ image: `nobody/${evil}`, pull: 'always' })
    await server.post(`/containers/${id}/exec`, { command: ['echo', evil], working_dir: '/', env: { EVIL: evil } })
    for (const path of [
      `/containers/${word}`,
      `/containers?name=${word}`,
      `/containers/${id}/logs?since=${word}`,
      `/images/${word}`
    ])
      await server.get(path)
    await server.get('/ports', { headers: { 'user-agent': evil, 'x-request-id': evil, cookie: evil } })
    await server.post('/images/pull', {
      image: `127.0.0.1:1/${index}`,
      registry_username: evil,
      registry_password: evil
    })
    for (const verb of ['stop', 'start', 'restart']) await server.post(`/containers/${id}/${verb}?timeout=0`)
    for (const part of ['stats', 'top', 'logs', 'stats/history']) await server.get(`/containers/${id}/${part}`)
    await server.delete(`/containers/${id}?force=true`)
  }
  await server.get('/system/stats')
  await eventually(() => {
    if (!readFileSync(file, 'utf8').includes('/proc/stat')) throw new Error('the sampler was not seen yet')
  })
  strace.kill('SIGINT')
  await once(strace, 'close')

  const commands = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => /execve(at)?\(/.test(line) && !line.includes('ENOENT'))
    .map((line) => commandOf(line))
  t.ok(commands.length > 0, 'the samplers are traced, so others would be, too')
  t.strictSame(
    [...new Set(commands)].filter((command) => !SAMPLERS.includes(command)),
    []
  )
  t.notOk(existsSync('/tmp/berth-canary'))
})

/** `execve("/usr/bin/df", ["df", "-k"], …` as `df -k`. */
function commandOf(line: string): string {
  const [, list = '[]'] = /(\[.*?\])(?:, 0x|, \[|$)/.exec(line) ?? []
  try {
    return (JSON.parse(list) as string[]).join(' ')
  } catch {
    return line
  }
}
