// The login for a registry, ready for the engine, and the addition to an error if there is none.

import { AppError, isAppError } from '../errors.ts'
import type { FoundLogin, Logins } from './logins.ts'
import { loginOfRequest, type GivenCredentials, type Login } from './login.ts'
import type { RegistryRules, Use } from './rules.ts'
import { preflight, type PreflightOptions } from './preflight.ts'
import { readBack, type Pushed, type ReadBack } from './read-back.ts'
import { isTrustedWithoutTls } from './trust.ts'

export type RegistryService = ReturnType<typeof createRegistryService>

const PLACES =
  'give one as credentials of the request, in the file of BERTH_REGISTRIES_FILE, or by docker login as the user of the server'

/** `owner` is the id of the caller's token, if it has one. */
type Wanted = { credentials?: GivenCredentials | undefined; owner: string | null; signal: AbortSignal }
type Options = {
  logins: Logins
  rules: RegistryRules
  engine: { info(): Promise<{ insecureRegistries: string[] | null }> }
}

export function createRegistryService({ logins, rules, engine }: Options) {
  /** After the check of where the registry redirects the login. */
  async function withFound<T>(
    registry: string,
    { found, login, signal }: { found: FoundLogin; login: Login | undefined; signal: AbortSignal },
    task: (login: Login | undefined) => Promise<T>
  ): Promise<T> {
    if (login && found.check) await preflight(login, await optionsFor(registry, found, signal))
    try {
      return await task(login)
    } catch (error) {
      throw login ? error : explain(error, registry, found.hint)
    }
  }

  /** The operator's login, for callers that may use it. */
  function findFor(owner: string | null, registry: string, use: Use): FoundLogin {
    const found = logins.find(registry)
    if (!found.login || rules.mayUseLogin(owner, registry, use)) return found
    const hint = `Berth has a login for ${registry} that this token may not use to ${use}: the policy names who may. Give credentials in the request.`
    return { ...found, login: undefined, hint }
  }

  async function optionsFor(registry: string, { authHosts }: FoundLogin, signal: AbortSignal) {
    const { insecureRegistries } = await engine.info()
    const withoutTls = isTrustedWithoutTls(registry, insecureRegistries)
    return { authHosts, signal, withoutTls } satisfies PreflightOptions
  }

  return {
    /** Throws if the engine may not contact the registry of one of these. */
    checkReach: rules.check,

    mayUseLogin: rules.mayUseLogin,

    /** Throws for an invalid login. */
    checkLogin(registry: string, credentials: GivenCredentials | undefined): void {
      if (credentials) loginOfRequest(registry, credentials)
    },

    /** The operator's login, for a registry that the operator named for all. */
    ownLogin: (registry: string): Login | undefined => logins.find(registry).login,

    /** Runs a task with the operator's login, for a registry that the operator named for all. */
    withOwnLogin<T>(registry: string, signal: AbortSignal, task: (login: Login | undefined) => Promise<T>): Promise<T> {
      const found = logins.find(registry)
      return withFound(registry, { found, login: found.login, signal }, task)
    },

    /** Runs a task with the best available login. */
    withLogin<T>(
      registry: string,
      use: Use,
      { credentials, owner, signal }: Wanted,
      task: (login: Login | undefined) => Promise<T>
    ): Promise<T> {
      const given = credentials && loginOfRequest(registry, credentials)
      const found = findFor(owner, registry, use)
      return withFound(registry, { found, login: given ?? found.login, signal }, task)
    },

    /** Whether the registry has the pushed image. Throws if the registry denies it. */
    async confirm(pushed: Pushed, { credentials, owner, signal }: Wanted): Promise<ReadBack> {
      const { registry } = pushed
      const found = findFor(owner, registry, 'push')
      if (!found.check) return { confirmed: false, reason: 'BERTH_REGISTRIES_FILE says not to ask it' }
      const login = credentials ? loginOfRequest(registry, credentials) : found.login
      return readBack(pushed, login, await optionsFor(registry, found, signal))
    }
  }
}

/** A registry that refuses a request without a login may only require one; some report a private image as missing. */
function explain(error: unknown, registry: string, hint: string | undefined): unknown {
  if (!isAppError(error, 'REGISTRY_UNAUTHORIZED', 'REGISTRY_FORBIDDEN', 'IMAGE_NOT_FOUND')) return error
  if (!hint && isAppError(error, 'IMAGE_NOT_FOUND')) return error
  const why = hint ?? `Berth has no login for ${registry}: ${PLACES}.`
  return new AppError(error.code, `${error.message.replace(/\.?$/, '.')} ${why}`, { cause: error })
}
