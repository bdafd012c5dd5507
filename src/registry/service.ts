// The login for a registry, ready to be given to the engine, and what to add to an error when there is none.

import { AppError, isAppError } from '../errors.ts'
import { createLogins, type LoginSources } from './logins.ts'
import { loginOfRequest, type GivenCredentials, type Login } from './login.ts'
import { preflight } from './preflight.ts'

export type RegistryService = ReturnType<typeof createRegistryService>

type Log = { warn(fields: object, message: string): void }
type Wanted = { credentials?: GivenCredentials | undefined; signal: AbortSignal }

export function createRegistryService({ sources, log }: { sources: LoginSources; log: Log }) {
  const logins = createLogins(sources, log)

  return {
    /** Throws for a login that is none. */
    checkLogin(registry: string, credentials: GivenCredentials | undefined): void {
      if (credentials) loginOfRequest(registry, credentials)
    },

    /** Runs a task with the best login there is, once the registry was asked where it would send that. */
    async withLogin<T>(
      registry: string,
      { credentials, signal }: Wanted,
      task: (login: Login | undefined) => Promise<T>
    ): Promise<T> {
      const given = credentials && loginOfRequest(registry, credentials)
      const { login: found, authHosts, check, hint } = logins.find(registry)
      const login = given ?? found
      if (login && check) await preflight(login, { authHosts, signal })
      try {
        return await task(login)
      } catch (error) {
        throw login ? error : explain(error, registry, hint)
      }
    }
  }
}

/** A registry that refuses somebody without a login may only want one; some say of a private image that it is not there. */
function explain(error: unknown, registry: string, hint: string | undefined): unknown {
  if (!isAppError(error, 'REGISTRY_UNAUTHORIZED', 'REGISTRY_FORBIDDEN', 'IMAGE_NOT_FOUND')) return error
  if (!hint && isAppError(error, 'IMAGE_NOT_FOUND')) return error
  const why = hint ?? `Berth has no login for ${registry}.`
  return new AppError(error.code, `${error.message.replace(/\.?$/, '.')} ${why}`, { cause: error })
}
