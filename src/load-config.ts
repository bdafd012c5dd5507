// Reads the settings from an environment, one by one, then checks them together.

import { isPrivate, SETTING_LIST, SETTINGS, type Config } from './config.ts'
import { closest } from './lib/closest.ts'
import type { Setting } from './lib/settings.ts'

const PREFIX = 'BERTH_'

export class ConfigError extends Error {
  readonly problems: string[]

  constructor(problems: string[]) {
    super(problems.join('\n'))
    this.problems = problems
  }
}

export type Environment = Record<string, string | undefined>

/** Reads the settings from an environment. Throws one ConfigError that names every problem. */
export function loadConfig(env: Environment): { config: Config; warnings: string[] } {
  const problems: string[] = []
  const values: Record<string, unknown> = {}
  for (const [name, setting] of Object.entries<Setting<unknown>>(SETTINGS)) {
    const raw = env[setting.env]?.trim() || setting.default
    try {
      values[name] = setting.parse(raw)
    } catch (error) {
      const shown = setting.secret ? '' : ` (it is "${raw}")`
      problems.push(`${setting.env} ${error instanceof Error ? error.message : String(error)}${shown}`)
    }
  }
  if (problems.length > 0) throw new ConfigError(problems)

  values.dockerhubNamespace ??= (values.dockerhubUsername as string | undefined)?.toLowerCase()
  const config = Object.freeze(values) as Config
  problems.push(...contradictions(config))
  if (problems.length > 0) throw new ConfigError(problems)
  return { config, warnings: unknownVariables(env) }
}

function contradictions(config: Config): string[] {
  const found: string[] = []
  if ((config.tlsCert === undefined) !== (config.tlsKey === undefined))
    found.push('BERTH_TLS_CERT and BERTH_TLS_KEY belong together: set both, or none')
  if (!isPrivate(config) && config.tlsCert === undefined && !config.tlsTerminated)
    found.push(
      `BERTH_HOST is ${config.host}, which other machines can reach, and tokens would cross the network in the clear: set BERTH_TLS_CERT and BERTH_TLS_KEY, or say BERTH_TLS_TERMINATED=true where a proxy does TLS`
    )
  if ((config.dockerhubUsername === undefined) !== (config.dockerhubPassword === undefined))
    found.push('DOCKERHUB_USERNAME and DOCKERHUB_PASSWORD are needed together')
  if (config.swarmNodePort !== undefined && config.agentPort !== undefined)
    found.push('BERTH_SWARM_NODE_PORT and BERTH_AGENT_PORT are two ways to the same nodes: set one')
  if (config.swarmNodePort !== undefined && !(config.dockerTlsVerify && config.dockerCertPath !== undefined))
    found.push(
      'BERTH_SWARM_NODE_PORT needs DOCKER_TLS_VERIFY and DOCKER_CERT_PATH: without TLS, whoever reaches the engine of a node has the node'
    )
  if (config.grpcPort === config.port) found.push('BERTH_GRPC_PORT is the same as BERTH_PORT')
  if (config.memoryDefault > config.memoryMax) found.push('BERTH_MEMORY_DEFAULT is above BERTH_MEMORY_MAX')
  if (config.cpusDefault > config.cpusMax) found.push('BERTH_CPUS_DEFAULT is above BERTH_CPUS_MAX')
  if (config.pidsDefault > config.pidsMax) found.push('BERTH_PIDS_DEFAULT is above BERTH_PIDS_MAX')
  if (config.nofileDefault !== undefined && config.nofileDefault > config.nofileMax)
    found.push('BERTH_NOFILE_DEFAULT is above BERTH_NOFILE_MAX')
  if (config.storageSizeDefault !== undefined && config.storageSizeDefault > config.storageSizeMax)
    found.push('BERTH_STORAGE_SIZE_DEFAULT is above BERTH_STORAGE_SIZE_MAX')
  return found
}

function unknownVariables(env: Environment): string[] {
  const known = new Set(SETTING_LIST.map((setting) => setting.env))
  const own = [...known].filter((name) => name.startsWith(PREFIX)).map((name) => name.slice(PREFIX.length))
  return Object.keys(env)
    .filter((name) => name.startsWith(PREFIX) && !known.has(name))
    .map((name) => {
      const meant = closest(name.slice(PREFIX.length), own)
      return `${name} is not a setting of Berth and has no effect${meant === undefined ? '' : `; is ${PREFIX}${meant} meant?`}`
    })
}
