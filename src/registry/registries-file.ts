// The file at BERTH_REGISTRIES_FILE, with the operator's settings for registries. Errors do not reveal its contents.

import { registryName } from '../lib/reference.ts'
import { createLogin, type Login } from './login.ts'

export type RegistryEntry = {
  login: Login | undefined
  /** Other hosts to which this registry may redirect logins. */
  authHosts: string[]
  /** Whether Berth checks where the registry redirects logins before the engine gets one. */
  check: boolean
}

const FIELDS = new Set(['username', 'password', 'identity_token', 'auth_hosts', 'check'])

export function parseRegistriesFile(text: string): Map<string, RegistryEntry> {
  const content = parseJson(text)
  if (!isObject(content))
    throw new Error('must be a JSON object with a host such as "registry.example.com:5000" as each key')
  return new Map(Object.entries(content).map(([host, entry]) => readEntry(host, entry)))
}

function readEntry(host: string, entry: unknown): [string, RegistryEntry] {
  const registry = registryName(host)
  if (registry === undefined) throw new Error(`"${host}" is no host: write it without https:// and without a path`)
  if (!isObject(entry)) throw new Error(`the entry of ${host} must be an object`)
  const unknown = Object.keys(entry).find((field) => !FIELDS.has(field))
  if (unknown !== undefined) throw new Error(`the entry of ${host} has the unknown field "${unknown}"`)

  const { auth_hosts: authHosts = [], check = true, ...credentials } = entry
  if (!Array.isArray(authHosts) || !authHosts.every((each) => typeof each === 'string'))
    throw new Error(`auth_hosts of ${host} must be a list of hosts`)
  if (typeof check !== 'boolean') throw new Error(`check of ${host} must be true or false`)
  const isGiven = Object.keys(credentials).length > 0
  const areTexts = Object.values(credentials).every((each) => typeof each === 'string')
  const login = isGiven && areTexts ? createLogin(registry, credentials) : undefined
  if (isGiven && !login) throw new Error(`the entry of ${host} needs username and password, or identity_token alone`)
  return [registry, { login, authHosts: authHosts.map((each) => each.toLowerCase()), check }]
}

/** The parser's own message would repeat a part of the file. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error('is not JSON')
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
