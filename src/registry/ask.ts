// One request to a registry over HTTP. Only the head of the answer is read, and no redirect is followed.

import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import { AppError, cancellation } from '../errors.ts'
import { DOCKER_HUB } from '../lib/reference.ts'

const TIMEOUT_MS = 10_000
const HUB_ADDRESS = 'registry-1.docker.io'

export type Answer = {
  /** The protocol that it uses. */
  origin: URL
  status: number
  challenge: string
  location: string | undefined
  digest: string | undefined
}
export type Asking = {
  signal: AbortSignal
  timeoutMs?: number
  /** Whether the engine would speak to it without TLS, or with an invalid certificate. */
  withoutTls: boolean
}

/** Uses TLS, with a fallback to plain HTTP if the engine has it, too. */
export async function reach(
  registry: string,
  path: string,
  options: Asking,
  method: 'GET' | 'HEAD' = 'GET',
  headers = {}
): Promise<Answer> {
  const host = registry === DOCKER_HUB ? HUB_ADDRESS : registry
  const secure = new URL(`https://${host}${path}`)
  if (!options.withoutTls) return askOrFail(secure, registry, options, method, headers)
  return ask(secure, options, method, headers).catch(() => {
    if (options.signal.aborted) throw cancellation(options.signal)
    return askOrFail(new URL(`http://${host}${path}`), registry, options, method, headers)
  })
}

export async function askOrFail(
  address: URL,
  registry: string,
  options: Asking,
  method: 'GET' | 'HEAD' = 'GET',
  headers = {}
): Promise<Answer> {
  try {
    return await ask(address, options, method, headers)
  } catch (cause) {
    if (options.signal.aborted) throw cancellation(options.signal)
    const { code = '', name, message } = cause as NodeJS.ErrnoException
    const whom = `The registry ${registry}, asked by Berth,`
    if (name === 'TimeoutError' || code === 'ETIMEDOUT')
      throw new AppError('REGISTRY_TIMEOUT', `${whom} did not answer in time.`, { cause })
    if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|EPROTO/.test(code))
      throw new AppError(
        'REGISTRY_PLAIN_HTTP',
        `${whom} does not speak TLS, and the engine does not trust it without. To use it anyway, write ` +
          `"insecure-registries": ["${registry}"] into the engine's /etc/docker/daemon.json and restart the engine.`,
        { cause }
      )
    if (/CERT|SIGNATURE|SSL|TLS/.test(code))
      throw new AppError('REGISTRY_NOT_TRUSTED', `${whom} could not be trusted: ${message}.`, { cause })
    throw new AppError('REGISTRY_UNAVAILABLE', `${whom} cannot be reached (${code || message}).`, { cause })
  }
}

function ask(address: URL, options: Asking, method: 'GET' | 'HEAD', headers: Record<string, string>): Promise<Answer> {
  const { signal, timeoutMs = TIMEOUT_MS, withoutTls } = options
  const { request } = address.protocol === 'https:' ? https : http
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
  return new Promise((resolve, reject) => {
    const wanted = { method, agent: false, rejectUnauthorized: !withoutTls }
    const asked = request(address, wanted, ({ statusCode = 0, headers: given }: IncomingMessage) => {
      asked.destroy()
      resolve({
        origin: new URL(address),
        status: statusCode,
        challenge: given['www-authenticate'] ?? '',
        location: given.location,
        digest: [given['docker-content-digest'] ?? []].flat()[0]
      })
    })
    // Not among the options, which Node prints when NODE_DEBUG asks for it, logins included.
    for (const [name, value] of Object.entries(headers)) asked.setHeader(name, value)
    asked.on('error', reject)
    const abort = () => {
      reject(limit.reason as Error)
      asked.destroy()
    }
    if (limit.aborted) abort()
    else limit.addEventListener('abort', abort, { once: true })
    asked.end()
  })
}
