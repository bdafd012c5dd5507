// Asks a registry, without a login, for the address that gets logins, before the engine gets one: the engine sends it to any
// address that the registry names. docs/security.md has the limits of this check.

import { AppError } from '../errors.ts'
import { DOCKER_HUB } from '../lib/reference.ts'
import { askOrFail, reach, type Answer, type Asking } from './ask.ts'
import { isTrustedRealm, readChallenge, type Challenge } from './challenge.ts'
import type { Login } from './login.ts'

/** Hosts that are known to handle logins for other registries. */
const KNOWN_AUTH_HOSTS: Record<string, string[]> = {
  [DOCKER_HUB]: ['auth.docker.io'],
  'registry.gitlab.com': ['gitlab.com']
}

export type PreflightOptions = Asking & { authHosts: string[] }

/** Throws if the registry redirects the login elsewhere, or already rejects it. */
export async function preflight(login: Login, options: PreflightOptions): Promise<void> {
  const { registry } = login
  const answer = await reach(registry, '/v2/', options)
  if (answer.status === 200) return
  if (answer.status !== 401) throw refusal(registry, answer)

  const challenge = readChallenge(answer.challenge)
  if (!challenge)
    throw new AppError(
      'REGISTRY_REFUSED',
      `The registry ${registry} requests a login in a way that Berth does not understand.`
    )
  const foreign = foreignRealm(registry, challenge, answer.origin, options.authHosts)
  if (foreign) {
    throw new AppError(
      'REGISTRY_REFUSED',
      `The registry ${registry} sends its logins to ${foreign.origin}, so Berth did not give the engine one. ` +
        'If that is correct, add the host to auth_hosts in BERTH_REGISTRIES_FILE.'
    )
  }
  // The engine would retry a wrong password for most of a minute before it reports it.
  const secret = login.reveal()
  if (!challenge.basic || !('password' in secret)) return
  const { status } = await askOrFail(answer.origin, registry, options, 'GET', { authorization: basicAuth(secret) })
  if (status === 401)
    throw new AppError('REGISTRY_UNAUTHORIZED', `The registry ${registry} does not accept the user name and password.`)
}

/** The first address that a login for the registry must not be sent to. */
export function foreignRealm(
  registry: string,
  { realms }: Challenge,
  origin: URL,
  authHosts: readonly string[]
): URL | undefined {
  const known = [...authHosts, ...(KNOWN_AUTH_HOSTS[registry] ?? [])]
  return realms.find((realm) => !isTrustedRealm(realm, origin, known))
}

export function basicAuth({ username, password }: { username: string; password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

function refusal(registry: string, { status, location }: Answer): AppError {
  const said = `The registry ${registry} answered with status ${status} when it was asked how one logs in.`
  if (status === 429) return new AppError('REGISTRY_RATE_LIMITED', said)
  if (status === 403) return new AppError('REGISTRY_FORBIDDEN', said)
  if (status >= 500) return new AppError('REGISTRY_UNAVAILABLE', said)
  const elsewhere = location === undefined ? '' : ' It is a redirect, which Berth does not follow with a login.'
  return new AppError('REGISTRY_REFUSED', said + elsewhere)
}
