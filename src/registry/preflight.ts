// Asks a registry, without a login, where it would have a login sent, before the engine is given one: the engine sends it
// to any address that the registry names. docs/security.md says what this cannot prevent.

import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import { AppError, cancellation } from '../errors.ts'
import { DOCKER_HUB } from '../lib/reference.ts'
import { isTrustedRealm, readChallenge } from './challenge.ts'
import type { Login } from './login.ts'

const TIMEOUT_MS = 10_000
/** Hosts that are known to log people in for others. */
const KNOWN_AUTH_HOSTS: Record<string, string[]> = {
  [DOCKER_HUB]: ['auth.docker.io'],
  'registry.gitlab.com': ['gitlab.com']
}
const HUB_ADDRESS = 'registry-1.docker.io'

type Answer = { origin: URL; status: number; challenge: string; location: string | undefined }
type Options = { authHosts: string[]; signal: AbortSignal; timeoutMs?: number }

/** Throws when the registry would have the login sent elsewhere, or says already that the login is wrong. */
export async function preflight(login: Login, options: Options): Promise<void> {
  const { registry } = login
  const answer = await reach(registry, options)
  if (answer.status === 200) return
  if (answer.status !== 401) throw refusal(registry, answer)

  const challenge = readChallenge(answer.challenge)
  if (!challenge)
    throw new AppError('REGISTRY_REFUSED', `The registry ${registry} asks for a login in a way that Berth cannot read.`)
  const authHosts = [...options.authHosts, ...(KNOWN_AUTH_HOSTS[registry] ?? [])]
  const foreign = challenge.realms.find((realm) => !isTrustedRealm(realm, answer.origin, authHosts))
  if (foreign) {
    throw new AppError(
      'REGISTRY_REFUSED',
      `The registry ${registry} wants its logins sent to ${foreign.origin}, so Berth did not give the engine one. ` +
        'If that is right, name the host under auth_hosts in BERTH_REGISTRIES_FILE.'
    )
  }
  // The engine would try a wrong password for most of a minute before it said so.
  const secret = login.reveal()
  if (!challenge.basic || !('password' in secret)) return
  const authorization = `Basic ${Buffer.from(`${secret.username}:${secret.password}`).toString('base64')}`
  const { status } = await askOrFail(answer.origin, registry, options, { authorization })
  if (status === 401)
    throw new AppError('REGISTRY_UNAUTHORIZED', `The registry ${registry} does not accept the user name and password.`)
}

function refusal(registry: string, { status, location }: Answer): AppError {
  const said = `The registry ${registry} answered with status ${status} when it was asked how one logs in.`
  if (status === 429) return new AppError('REGISTRY_RATE_LIMITED', said)
  if (status === 403) return new AppError('REGISTRY_FORBIDDEN', said)
  if (status >= 500) return new AppError('REGISTRY_UNAVAILABLE', said)
  const elsewhere = location === undefined ? '' : ' It is a redirect, which Berth does not follow with a login.'
  return new AppError('REGISTRY_REFUSED', said + elsewhere)
}

/** Engines speak HTTP without TLS to registries on their own loopback, if these do not speak TLS. */
async function reach(registry: string, options: Options): Promise<Answer> {
  const host = registry === DOCKER_HUB ? HUB_ADDRESS : registry
  const secure = new URL(`https://${host}/v2/`)
  if (!isLoopback(secure.hostname)) return askOrFail(secure, registry, options)
  return ask(secure, options).catch(() => {
    if (options.signal.aborted) throw cancellation(options.signal)
    return askOrFail(new URL(`http://${host}/v2/`), registry, options)
  })
}

async function askOrFail(address: URL, registry: string, options: Options, headers = {}): Promise<Answer> {
  try {
    return await ask(address, options, headers)
  } catch (cause) {
    if (options.signal.aborted) throw cancellation(options.signal)
    const { code = '', name, message } = cause as NodeJS.ErrnoException
    const whom = `The registry ${registry}, asked how one logs in,`
    if (name === 'TimeoutError' || code === 'ETIMEDOUT')
      throw new AppError('REGISTRY_TIMEOUT', `${whom} did not answer in time.`, { cause })
    if (/CERT|SIGNATURE|SSL|TLS|EPROTO/.test(code))
      throw new AppError('REGISTRY_NOT_TRUSTED', `${whom} could not be trusted: ${message}.`, { cause })
    throw new AppError('REGISTRY_UNAVAILABLE', `${whom} cannot be reached (${code || message}).`, { cause })
  }
}

function ask(address: URL, { signal, timeoutMs = TIMEOUT_MS }: Options, headers = {}): Promise<Answer> {
  const { get } = address.protocol === 'https:' ? https : http
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
  return new Promise((resolve, reject) => {
    const options = { agent: false, headers, rejectUnauthorized: !isLoopback(address.hostname) }
    const asked = get(address, options, ({ statusCode = 0, headers: given }: IncomingMessage) => {
      asked.destroy()
      const challenge = given['www-authenticate'] ?? ''
      resolve({ origin: new URL(address), status: statusCode, challenge, location: given.location })
    })
    asked.on('error', reject)
    const abort = () => {
      reject(limit.reason as Error)
      asked.destroy()
    }
    if (limit.aborted) abort()
    else limit.addEventListener('abort', abort, { once: true })
  })
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname)
}
