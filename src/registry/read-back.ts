// Verifies a push: reads the name from the registry with the same login. A push succeeded if the image is there.

import { AppError, isAppError } from '../errors.ts'
import { sleep } from '../lib/sleep.ts'
import { reach, type Answer } from './ask.ts'
import { readChallenge } from './challenge.ts'
import type { Login } from './login.ts'
import { basicAuth, foreignRealm, type PreflightOptions } from './preflight.ts'

export type Pushed = { registry: string; repository: string; tag: string; digest: string }
/** The reason why it could not be checked, if so. */
export type ReadBack = { confirmed: true } | { confirmed: false; reason: string }

const ACCEPT = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json'
].join(', ')
// Some registries copy an image before they show it.
const TRIES = 3
const PAUSE_MS = 500
const MAX_TOKEN_BYTES = 64 * 1024

/** Throws if the registry reports that it has no such image. */
export async function readBack(pushed: Pushed, login: Login | undefined, options: PreflightOptions): Promise<ReadBack> {
  const { registry, digest } = pushed
  try {
    for (let tries = 1; ; tries++) {
      const { status, digest: held } = await askFor(pushed, login, options)
      if (status === 200 && held === digest) return { confirmed: true }
      if (status === 200 && held === undefined) return unknown('it does not say which image it has')
      if (status === 200) return unknown(`it has ${held} under that name by now`)
      if (status !== 404) return unknown(`it answered with status ${status}`)
      if (tries === TRIES)
        throw new AppError(
          'REGISTRY_REFUSED',
          `The engine pushed ${digest} to ${registry}, but the registry does not have it: it answered with status 404.`
        )
      await sleep(PAUSE_MS, options.signal)
      options.signal.throwIfAborted()
    }
  } catch (error) {
    if (options.signal.aborted || !isAppError(error) || error.code === 'REGISTRY_REFUSED') throw error
    return unknown(error.message)
  }
}

const unknown = (reason: string): ReadBack => ({ confirmed: false, reason })

async function askFor(
  pushed: Pushed,
  login: Login | undefined,
  options: PreflightOptions
): Promise<Pick<Answer, 'status' | 'digest'>> {
  const { registry, repository, tag } = pushed
  const path = `/v2/${repository}/manifests/${tag}`
  const ask = (authorization?: string) =>
    reach(registry, path, options, 'HEAD', { accept: ACCEPT, ...(authorization && { authorization }) })
  const first = await ask()
  const challenge = first.status === 401 && login ? readChallenge(first.challenge) : undefined
  if (!login || !challenge || foreignRealm(registry, challenge, first.origin, options.authHosts)) return first
  const secret = login.reveal()
  if (!('password' in secret)) return first
  if (challenge.basic) return ask(basicAuth(secret))
  const token = await fetchToken(first, repository, basicAuth(secret), options.signal)
  return token === undefined ? first : ask(`Bearer ${token}`)
}

/** A registry may delegate the login to another server, which issues a token for one repository. */
async function fetchToken(
  { challenge }: Answer,
  repository: string,
  authorization: string,
  signal: AbortSignal
): Promise<string | undefined> {
  const realm = readChallenge(challenge)?.realms[0]
  if (!realm) return undefined
  const service = /service\s*=\s*"([^"]*)"/i.exec(challenge)?.[1]
  if (service !== undefined) realm.searchParams.set('service', service)
  realm.searchParams.set('scope', `repository:${repository}:pull`)
  const limit = AbortSignal.any([signal, AbortSignal.timeout(10_000)])
  try {
    const answer = await fetch(realm, { headers: { authorization }, redirect: 'error', signal: limit })
    let text = ''
    for await (const piece of answer.body ?? []) {
      text += Buffer.from(piece).toString()
      if (text.length > MAX_TOKEN_BYTES) return undefined
    }
    const { token, access_token: other } = JSON.parse(text) as { token?: unknown; access_token?: unknown }
    return [token, other].find((each) => typeof each === 'string' && /^[\w.~+/=-]+$/.test(each)) as string | undefined
  } catch {
    signal.throwIfAborted()
    return undefined
  }
}
