// The logins that `docker login` left in docker's config.json. Credential helpers are programs, and this server starts none.

import { registryName } from '../lib/reference.ts'
import { createLogin, type Login } from './login.ts'

/** A login, or the name of the helper that may have one. */
export type DockerConfigEntry = { login?: Login; helper?: string }

type Auth = { auth?: string; username?: string; password?: string; identitytoken?: string }
type DockerConfig = { auths?: Record<string, Auth>; credHelpers?: Record<string, string>; credsStore?: string }

export function findInDockerConfig(text: string, registry: string): DockerConfigEntry {
  const config = parseConfig(text)
  const login = entriesFor(config.auths, registry)
    .map((auth) => readAuth(registry, auth))
    .find((found) => found !== undefined)
  const helper = entriesFor(config.credHelpers, registry)[0] ?? config.credsStore
  return { ...(login && { login }), ...(helper && !login && { helper }) }
}

export function registriesInDockerConfig(text: string): string[] {
  const { auths = {}, credHelpers = {} } = parseConfig(text)
  return [...Object.keys(auths), ...Object.keys(credHelpers)].flatMap((key) => registryOfKey(key) ?? [])
}

/** Keys are hosts, or addresses such as https://index.docker.io/v1/. */
function entriesFor<T>(entries: Record<string, T> | undefined, registry: string): T[] {
  return Object.entries(entries ?? {})
    .filter(([key]) => registryOfKey(key) === registry)
    .map(([, entry]) => entry)
}

function registryOfKey(key: string): string | undefined {
  return registryName(key.replace(/^https?:\/\//, '').replace(/\/.*$/, ''))
}

function readAuth(registry: string, { auth = '', username, password, identitytoken }: Auth): Login | undefined {
  if (identitytoken) return createLogin(registry, { identity_token: identitytoken })
  if (username && password) return createLogin(registry, { username, password })
  const decoded = Buffer.from(auth, 'base64').toString()
  const colon = decoded.indexOf(':')
  if (colon === -1) return undefined
  // Docker itself strips the trailing zeros that old versions left.
  return createLogin(registry, {
    username: decoded.slice(0, colon),
    password: decoded.slice(colon + 1).replace(/\0+$/, '')
  })
}

function parseConfig(text: string): DockerConfig {
  try {
    const config: unknown = JSON.parse(text)
    if (typeof config === 'object' && config !== null) return config
  } catch {
    // Its message would repeat a part of the file.
  }
  throw new Error('is not a JSON object')
}
