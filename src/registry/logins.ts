// The logins for a registry, best first: the registries file, DOCKERHUB_*, Docker's own config.json. Files are read
// when needed, so a new login needs no restart.

import { readFileSync, statSync } from 'node:fs'
import { findInDockerConfig, registriesInDockerConfig } from './docker-config.ts'
import { createLogin, type Login } from './login.ts'
import { parseRegistriesFile, type RegistryEntry } from './registries-file.ts'

export type LoginSources = {
  registriesFile: string | undefined
  /** DOCKERHUB_*: for the registry that the namespace is on. */
  ofNamespace: { registry: string; username: string | undefined; password: string | undefined }
  /** Docker's config.json. */
  dockerConfigFile: string | undefined
}

export type FoundLogin = {
  login: Login | undefined
  authHosts: string[]
  check: boolean
  /** The reason why Berth may lack a login, for the error if one is needed. */
  hint: string | undefined
}

type Log = { warn(fields: object, message: string): void }

export type Logins = ReturnType<typeof createLogins>

export function createLogins({ registriesFile, ofNamespace, dockerConfigFile }: LoginSources, log: Log) {
  function entryOf(registry: string): RegistryEntry | undefined {
    if (registriesFile === undefined) return undefined
    return parseRegistriesFile(readFileSync(registriesFile, 'utf8')).get(registry)
  }

  /** An invalid file must not block operations without a login; the error appears if a login is needed. */
  function attempt<T>(file: string | undefined, read: () => T): { found?: T; problem?: string } {
    try {
      return { found: read() }
    } catch (error) {
      if (isMissing(error) && file === dockerConfigFile) return {}
      const problem = `${file} cannot be used: ${reasonOf(error)}.`
      log.warn({ file, reason: reasonOf(error) }, 'logins of registries cannot be read')
      return { problem }
    }
  }

  return {
    /** The registries with a login, as far as the files can be read. */
    registries(): string[] {
      const inFile = attempt(registriesFile, () =>
        registriesFile === undefined ? [] : [...parseRegistriesFile(readFileSync(registriesFile, 'utf8')).keys()]
      )
      const inDocker = attempt(dockerConfigFile, () =>
        dockerConfigFile === undefined ? [] : registriesInDockerConfig(readFileSync(dockerConfigFile, 'utf8'))
      )
      return [...(inFile.found ?? []), ofNamespace.registry, ...(inDocker.found ?? [])]
    },

    find(registry: string): FoundLogin {
      const { found: entry, problem } = attempt(registriesFile, () => entryOf(registry))
      const own = { authHosts: entry?.authHosts ?? [], check: entry?.check ?? true }
      if (entry?.login) return { login: entry.login, ...own, hint: undefined }

      const { registry: home, ...credentials } = ofNamespace
      const configured = registry === home ? createLogin(registry, credentials) : undefined
      if (configured) return { login: configured, ...own, hint: problem }

      const docker = attempt(dockerConfigFile, () =>
        dockerConfigFile === undefined ? {} : findInDockerConfig(readFileSync(dockerConfigFile, 'utf8'), registry)
      )
      const { login, helper } = docker.found ?? {}
      const help =
        helper &&
        `${dockerConfigFile} leaves the login to the credential helper "${helper}", a program that Berth does not start: ` +
          'give credentials in the request or in BERTH_REGISTRIES_FILE.'
      const hint = [problem, docker.problem, help].filter(Boolean).join(' ')
      return { login, ...own, hint: hint || undefined }
    }
  }
}

/** The error in the operator's file, for the start of the server. */
export function inspectRegistriesFile(file: string): { problem?: string; warning?: string } {
  try {
    parseRegistriesFile(readFileSync(file, 'utf8'))
    const isOpen = (statSync(file).mode & 0o077) !== 0
    return isOpen ? { warning: `BERTH_REGISTRIES_FILE: ${file} can be read by others; chmod 600 it` } : {}
  } catch (error) {
    return { problem: `BERTH_REGISTRIES_FILE: ${file} ${reasonOf(error)}` }
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

function reasonOf(error: unknown): string {
  if (error instanceof Error && 'code' in error) return `cannot be read (${String(error.code)})`
  return error instanceof Error ? error.message : String(error)
}
