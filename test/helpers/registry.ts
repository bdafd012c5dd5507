// Registries for tests: a real one, Debian's package `docker-registry`, on a free port of loopback, with a login or
// without; and one that misbehaves as a test wants.

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Test } from 'tap'
import { installFor } from './debian.ts'
import { eventually } from './engine.ts'
import { makeFolder } from './folder.ts'
import { freePort } from './port-ranges.ts'

export const LOGIN = { username: 'captain', password: 'open sesame' }
// The bcrypt hash of that password, the only form that the registry reads.
const HASH = '$2b$05$abcdefghijklmnopqrstuupx2xBUC4954936wVIjyyPHmUBFu0wCW'
export const BASIC = `Basic ${Buffer.from(`${LOGIN.username}:${LOGIN.password}`).toString('base64')}`
// The containerd store pushes its content, which may be an index.
const MANIFESTS = ['oci.image.index.v1', 'oci.image.manifest.v1', 'docker.distribution.manifest.v2']
  .map((kind) => `application/vnd.${kind}+json`)
  .join(', ')
const PROGRAM = '/usr/bin/docker-registry'

/** `address` is reachable from other nodes of a lab. */
export async function startRegistry(
  t: Pick<Test, 'teardown'>,
  { login = false, address = '127.0.0.1' }: { login?: boolean; address?: string } = {}
) {
  if (!existsSync(PROGRAM)) installFor('registry')
  const folder = makeFolder('registry')
  const port = freePort()
  const host = `${address}:${port}`
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
    /** The manifest of a name, or undefined. */
    async digestOf(repository: string, tag: string): Promise<string | undefined> {
      const answer = await fetch(`http://${host}/v2/${repository}/manifests/${tag}`, {
        method: 'HEAD',
        headers: { accept: MANIFESTS, authorization: BASIC }
      })
      return answer.headers.get('docker-content-digest') ?? undefined
    },

    async tags(repository: string): Promise<string[]> {
      const answer = await fetch(`http://${host}/v2/${repository}/tags/list`, { headers: { authorization: BASIC } })
      return answer.ok ? ((await answer.json()) as { tags: string[] }).tags : []
    }
  }
}

type Handle = (request: IncomingMessage, answer: ServerResponse) => void

/** Gives the answers of the test, and records the requests. */
export async function startHostileRegistry(t: Pick<Test, 'teardown'>, handle: Handle) {
  const seen: { method: string; path: string; authorization: string | undefined }[] = []
  const broken = Promise.withResolvers<void>()
  const server = http.createServer((request, answer) => {
    const { method = '', url: path = '', headers } = request
    seen.push({ method, path, authorization: headers.authorization })
    request.resume()
    answer.on('close', () => {
      if (!answer.writableEnded) broken.resolve()
    })
    handle(request, answer)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    /** Resolves when a client gives up an unanswered request. */
    givenUp: broken.promise
  }
}

/** Accepts everybody at /v2/, and misbehaves only afterwards. */
export function afterPing(handle: Handle): Handle {
  return (request, answer) => (request.url === '/v2/' ? void answer.end('{}') : handle(request, answer))
}

export function saysError(status: number, code: string, message: string): Handle {
  return (_request, answer) => {
    answer.writeHead(status, { 'content-type': 'application/json' })
    answer.end(JSON.stringify({ errors: [{ code, message, detail: null }] }))
  }
}
