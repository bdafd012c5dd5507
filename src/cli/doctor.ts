// The checks of `berth doctor`. Each finding names the problem and the command that fixes it.

import { accessSync, constants, existsSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import http from 'node:http'
import { createServer } from 'node:net'
import { homedir } from 'node:os'
import type { Health } from '../client/api.ts'
import { isBerthError } from '../client/errors.ts'
import { describeAddress, engineCandidates, type EngineAddress } from '../engine/docker/locate.ts'
import { bytes } from '../lib/format.ts'
import type { Environment } from './environment.ts'
import type { Session } from './session.ts'

export type Finding = { name: string; state: 'good' | 'warning' | 'wrong'; detail: string; fix?: string }

const OLDEST_NODE = 24
const LITTLE_DISK_BYTES = 2 * 1024 ** 3
const ENGINE_LIMIT_MS = 3_000
/** The oldest Docker API that Berth speaks (docs/engines.md). */
const OLDEST_API = 1.41

export async function examine(session: Session): Promise<Finding[]> {
  const server = await examineServer(session)
  const isHere = /127\.0\.0\.1|localhost|\[::1\]|^unix:/.test(session.target().url)
  // Only the server can check the engine of another machine.
  const machine = isHere
    ? [await examineEngine(session.env), ...(await examinePort(session, server)), await examineDisk()]
    : []
  return [examineNode(), ...machine, ...server]
}

function examineNode(): Finding {
  const { node } = process.versions
  if (Number.parseInt(node, 10) >= OLDEST_NODE) return { name: 'Node', state: 'good', detail: node }
  return {
    name: 'Node',
    state: 'wrong',
    detail: `${node} is too old for the server`,
    fix: `install Node ${OLDEST_NODE} (https://nodejs.org)`
  }
}

async function examineEngine(env: Environment): Promise<Finding> {
  const name = 'Engine'
  let candidates: EngineAddress[]
  try {
    candidates = engineCandidates({
      dockerHost: env.DOCKER_HOST,
      dockerContext: env.DOCKER_CONTEXT,
      dockerConfig: env.DOCKER_CONFIG,
      dockerCertPath: env.DOCKER_CERT_PATH,
      dockerTlsVerify: Boolean(env.DOCKER_TLS_VERIFY),
      home: env.HOME ?? homedir(),
      runtimeDir: env.XDG_RUNTIME_DIR
    })
  } catch (error) {
    return {
      name,
      state: 'wrong',
      detail: String(error instanceof Error ? error.message : error),
      fix: 'unset DOCKER_HOST, or mend it'
    }
  }
  const there = candidates.filter((each) => each.kind === 'tcp' || existsSync(each.path))
  for (const address of there) {
    const at = `${describeAddress(address)} (${address.source})`
    if (address.kind === 'socket' && !mayUse(address.path))
      return {
        name,
        state: 'wrong',
        detail: `you may not use ${at}`,
        fix: `sudo usermod -aG docker ${env.USER ?? '$USER'}, then log in again`
      }
    const version = await pingEngine(address)
    if (version === undefined) continue
    if (Number(version) < OLDEST_API)
      return {
        name,
        state: 'wrong',
        detail: `${at} speaks API ${version}, which is too old`,
        fix: 'update Docker to 20.10 or newer'
      }
    return { name, state: 'good', detail: `${at} answers, API ${version}` }
  }
  if (there.length > 0)
    return {
      name,
      state: 'wrong',
      detail: `${there.map(describeAddress).join(', ')} does not answer`,
      fix: 'sudo systemctl start docker'
    }
  return {
    name,
    state: 'wrong',
    detail: `no socket: looked for ${candidates.map(describeAddress).join(', ')}`,
    fix: 'install Docker (https://docs.docker.com/engine/install), or set DOCKER_HOST'
  }
}

function mayUse(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK)
    return true
  } catch {
    return false
  }
}

/** The version of its API, or undefined without an answer. Engines behind TLS are left to the server. */
async function pingEngine(address: EngineAddress): Promise<string | undefined> {
  const target = address.kind === 'socket' ? { socketPath: address.path } : { host: address.host, port: address.port }
  if (address.kind === 'tcp' && address.protocol === 'https') return String(OLDEST_API)
  return new Promise((resolve) => {
    const request = http.get({ ...target, path: '/_ping', timeout: ENGINE_LIMIT_MS }, (answer) => {
      answer.resume()
      const version = answer.headers['api-version']
      resolve(answer.statusCode === 200 ? String(version ?? OLDEST_API) : undefined)
    })
    request.once('timeout', () => request.destroy())
    request.once('error', () => resolve(undefined))
  })
}

/** Only of interest while no server is there to have the port. */
async function examinePort({ target }: Session, server: Finding[]): Promise<Finding[]> {
  const { url } = target()
  if (!server.some(({ fix }) => fix?.startsWith('berth serve')) || url.startsWith('unix:')) return []
  const { port, protocol } = new URL(url)
  const number = Number(port || (protocol === 'https:' ? 443 : 80))
  const problem = await new Promise<string | undefined>((resolve) => {
    const socket = createServer()
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code))
    socket.listen(number, '127.0.0.1', () => socket.close(() => resolve(undefined)))
  })
  if (problem === undefined) return [{ name: 'Port', state: 'good', detail: `${number} is free for the server` }]
  return [
    {
      name: 'Port',
      state: 'wrong',
      detail: `${number} cannot be listened on (${problem})`,
      fix: `berth serve --port ${number + 1000}`
    }
  ]
}

async function examineDisk(): Promise<Finding> {
  const { bavail, bsize } = await statfs(homedir())
  const free = bavail * bsize
  const detail = `${bytes(free)} free in ${homedir()}`
  if (free >= LITTLE_DISK_BYTES) return { name: 'Disk', state: 'good', detail }
  return { name: 'Disk', state: 'warning', detail, fix: 'make room: POST /system/prune, or docker system prune' }
}

async function examineServer({ berth, target, version }: Session): Promise<Finding[]> {
  const { url, from } = target()
  const name = 'Server'
  let health: Health
  try {
    health = await berth.getHealth()
  } catch (error) {
    if (isBerthError(error, 'SERVER_UNREACHABLE'))
      return [
        {
          name,
          state: 'warning',
          detail: `none answers on ${url} (${from})`,
          fix: 'berth serve, or berth up for the background'
        }
      ]
    return [
      {
        name,
        state: 'wrong',
        detail: error instanceof Error ? error.message : String(error),
        fix: 'point BERTH_URL at a Berth'
      }
    ]
  }
  const found: Finding[] = [{ name, state: 'good', detail: `${url} (${from}), version ${health.version}` }]
  if (health.version !== version)
    found.push({
      name: 'Version',
      state: 'warning',
      detail: `this command is ${version}, the server ${health.version}`,
      fix: 'use the same version of both'
    })
  if (health.engine !== 'available')
    found.push({
      name: "The server's engine",
      state: 'wrong',
      detail: health.engine_reason ?? 'it does not answer',
      fix: 'sudo systemctl start docker'
    })
  return [...found, await examineToken()]

  async function examineToken(): Promise<Finding> {
    try {
      await berth.getSystemInfo()
      return {
        name: 'Token',
        state: 'good',
        detail: target().token === undefined ? 'none is needed' : 'the server takes it'
      }
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error)
      if (isBerthError(error) && error.status >= 500)
        return { name: 'Token', state: 'warning', detail: `could not be tried: ${detail}` }
      return {
        name: 'Token',
        state: 'wrong',
        detail,
        fix: 'BERTH_TOKEN=… or berth context add NAME URL --token-file FILE'
      }
    }
  }
}
