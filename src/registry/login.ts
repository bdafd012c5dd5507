// The login of one registry. The secret does not appear when a login is logged, printed or serialized by accident.

import { invalidField } from '../errors.ts'

export type RegistrySecret = { username: string; password: string } | { identityToken: string }

/** In the form of a request or a file. */
export type GivenCredentials = {
  username?: string | undefined
  password?: string | undefined
  identity_token?: string | undefined
}

export class Login {
  /** Host and port; the login is never sent to another. */
  readonly registry: string
  readonly #secret: RegistrySecret

  constructor(registry: string, secret: RegistrySecret) {
    this.registry = registry
    this.#secret = secret
  }

  reveal(): RegistrySecret {
    return this.#secret
  }
}

/** Undefined for incomplete credentials. */
export function createLogin(registry: string, given: GivenCredentials): Login | undefined {
  const { username, password, identity_token: identityToken } = given
  if (identityToken) return username || password ? undefined : new Login(registry, { identityToken })
  return username && password ? new Login(registry, { username, password }) : undefined
}

export function loginOfRequest(registry: string, given: GivenCredentials): Login {
  const login = createLogin(registry, given)
  if (!login) throw invalidField('credentials', 'needs username and password, or identity_token alone')
  return login
}
