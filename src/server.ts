// The process: settings, engine, store, app, listen, and an orderly end.

import { readFileSync, realpathSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import closeWithGrace from 'close-with-grace'
import { pino, type Logger } from 'pino'
import { openAuditFile } from './access/audit-file.ts'
import { readPolicy } from './access/policy-file.ts'
import type { PolicyRules } from './access/policy.ts'
import { createBanner } from './banner.ts'
import { cgroupProblem } from './builds/cgroup.ts'
import { compose } from './compose.ts'
import { isPrivate, type Config } from './config.ts'
import { ConfigError, loadConfig } from './load-config.ts'
import type { Engine } from './engine/contract/engine.ts'
import { createConnection } from './engine/docker/connection.ts'
import { createDockerEngine } from './engine/docker/engine.ts'
import { engineCandidates, type EngineAddress } from './engine/docker/locate.ts'
import { ownContainerId, ownPlaces } from './engine/docker/own-container.ts'
import { agentAddresses } from './engine/swarm/agents.ts'
import { createSwarmEngine } from './engine/swarm/engine.ts'
import { isManager } from './engine/swarm/membership.ts'
import { createFirewall } from './engine/machine/firewall.ts'
import { createListeners } from './engine/machine/listeners.ts'
import { createMachine } from './engine/machine/machine.ts'
import { hiddenResolvers } from './engine/machine/resolvers.ts'
import { createWalls, type Walls } from './engine/machine/walls.ts'
import { listen, readTls } from './http/listening.ts'
import { createOnBehalf } from './lib/on-behalf.ts'
import { readCertificates, type Certificates } from './lib/certificates.ts'
import { createLogOutput } from './lib/log-output.ts'
import { parseReach } from './lib/reach.ts'
import { stopPhases } from './lifecycle.ts'
import { inspectRegistriesFile } from './registry/logins.ts'
import { onStopSignal, STOP_SIGNALS } from './stop-signals.ts'
import { closeFolder, createTokenMark, folderWarning } from './store/folder.ts'
import { lockFolder } from './store/folder-lock.ts'
import { createReserve } from './store/reserve.ts'
import type { Store } from './store/contract/store.ts'
import { openStore } from './store/open.ts'

const GRACE_MS = 10_000

const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')) as {
  version: string
}

try {
  await run()
} catch (error) {
  for (const line of explainFailure(error)) process.stderr.write(`berth: ${line}\n`)
  process.exit(1)
}

async function run(): Promise<void> {
  const { config, warnings } = loadConfig(process.env)
  const logger = createLogger(config)
  for (const warning of [...warnings, ...checkRegistriesFile(config)]) logger.warn(warning)

  const tls = readTls(config)
  const policy = readPolicy(config.policyFile)
  requireBuildCgroup(config)
  const unlockFolder = await lockFolder(config.dataDir)
  const reserve = createReserve({ dataDir: config.dataDir, log: logger })
  reserve.help()
  const ownId = ownContainerId()
  if (ownId !== undefined) closeFolder(config.dataDir)
  const store = await openStore({ ...config, log: logger })
  const warning = folderWarning(config.dataDir)
  if (warning !== undefined) logger.warn(warning)
  await requireToken(config, store)
  const auditFile = openAuditFile(config.dataDir)
  const connection = createConnection({
    candidates: engineCandidates({ ...config, home: homedir(), runtimeDir: process.env.XDG_RUNTIME_DIR }),
    log: logger
  })
  const onBehalf = createOnBehalf()
  const engineOptions = {
    whose: onBehalf.current,
    connection,
    log: logger,
    concurrency: config.engineConcurrency,
    queue: config.engineQueue,
    changeTimeoutMs: config.engineTimeoutSeconds * 1000,
    registryIdleMs: config.registryIdleSeconds * 1000,
    registryTimeoutMs: config.registryTimeoutSeconds * 1000
  }
  const isFirst = config.engine === 'auto' || policy.isolation !== undefined
  const isThere = isFirst && (await connection.start())
  const isSwarm = config.engine === 'swarm' || (config.engine === 'auto' && isThere && (await isManager(connection)))
  if (isSwarm) requireOpenPorts(config)
  const swarm = isSwarm
    ? createSwarmEngine({
        ...engineOptions,
        publishMode: config.swarmPublish,
        addressOf: nodeAddresses(config),
        refusesNewPrivileges: config.swarmNewPrivileges === 'refuse'
      })
    : undefined
  const engine = swarm ?? createDockerEngine(engineOptions)
  const walls = await raiseWalls({ config, rules: policy, engine, isSwarm, instanceId: store.instanceId, log: logger })
  const listeners = createListeners({ procDir: config.hostProc, host: config.publishHost ?? config.host })
  const [app] = await Promise.all([
    compose({
      config,
      engine,
      nodes: swarm?.nodes,
      store,
      onBehalf,
      machine: createMachine({ engine, listeners }),
      tls,
      policy,
      walls,
      auditFile,
      reserve,
      logger,
      version,
      ownId,
      ownPlaces: ownPlaces(realpathSync(config.dataDir)),
      dockerConfigFile: join(config.dockerConfig ?? join(homedir(), '.docker'), 'config.json')
    }),
    isFirst || connection.start()
  ])
  walls?.start()

  const grace = closeWithGrace({ delay: GRACE_MS, logger, skip: STOP_SIGNALS }, async ({ signal, err }) => {
    if (err) logger.fatal({ err }, 'unexpected failure')
    else if (signal) logger.info({ signal }, 'stopping')
    walls?.stop()
    await app.close()
    await stopPhases(
      [
        {
          limitMs: 500,
          parts: [
            { name: 'the connection to the engine', stop: connection.close },
            { name: 'the connections to other nodes', stop: () => swarm?.close() }
          ]
        },
        {
          limitMs: 500,
          parts: [
            { name: 'the store', stop: store.close },
            { name: 'the audit file', stop: auditFile.close }
          ]
        },
        { limitMs: 500, parts: [{ name: 'the lock of the data folder', stop: unlockFolder }] }
      ],
      logger
    )
  })
  onStopSignal({
    stop: (signal) => {
      logger.info({ signal }, 'stopping')
      grace.close()
    },
    exitAtOnce: (signal) => {
      logger.error({ signal }, 'stopping at once')
      process.exit(1)
    }
  })

  const address = await listen(app, config)
  if (isForPeople(config)) process.stdout.write(createBanner(address, config))
  else
    logger.info(
      { address, docs: `${address}/docs`, ports: `${config.portRange.first}-${config.portRange.last}` },
      'Berth is up'
    )
}

/** The agents of a Swarm's nodes, or their engines with the certificates of DOCKER_CERT_PATH. */
function nodeAddresses(config: Config): ((host: string) => EngineAddress) | undefined {
  if (config.agentPort !== undefined) return agentAddresses(config.agentPort, readAgentCerts(config))
  const { swarmNodePort: port } = config
  if (port === undefined) return undefined
  return (host) => {
    const dockerHost = `tcp://${host.includes(':') ? `[${host}]` : host}:${port}`
    const [address] = engineCandidates({ ...config, dockerHost, home: homedir() })
    if (!address) throw new ConfigError([`there is no engine at ${dockerHost}`])
    return address
  }
}

function readAgentCerts({ agentCerts: folder }: Config): Certificates {
  try {
    return readCertificates(folder)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new ConfigError([`BERTH_AGENT_CERTS is ${folder}: ${reason}. Make them: npm run agent-certs (docs/swarm.md)`])
  }
}

/** Swarm publishes on every address of a node, so the setting must say so. */
function requireOpenPorts({ publishHost }: Config): void {
  if (publishHost === '0.0.0.0') return
  throw new ConfigError([
    'a Swarm publishes ports on every address of its nodes, never on one: set BERTH_PUBLISH_HOST=0.0.0.0 to agree, or BERTH_ENGINE=docker'
  ])
}

/** Refuses to start without isolation. An absent engine is checked when it appears. */
async function raiseWalls({
  config,
  rules: { isolation },
  engine,
  isSwarm,
  instanceId,
  log
}: {
  config: Config
  rules: PolicyRules
  engine: Engine
  isSwarm: boolean
  instanceId: string
  log: Logger
}): Promise<Walls | undefined> {
  if (!isolation) return undefined
  if (isSwarm) throw new ConfigError(['a Swarm cannot isolate owners: remove `isolation` from the policy'])
  const reach = (isolation.reach ?? []).flatMap((text) => parseReach(text) ?? [])
  const walls = createWalls({ engine, firewall: createFirewall({ reach }), instanceId, log })
  try {
    await walls.raise()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new ConfigError([`the policy isolates owners, and this server cannot: ${reason} (docs/security.md)`])
  }
  const hidden = hiddenResolvers(reach)
  if (hidden.length > 0)
    log.warn({ hidden }, 'workloads cannot reach these name servers: add :53/udp and :53 of each to isolation.reach')
  if (config.buildNetwork !== 'none')
    log.warn('RUN in builds is not isolated, unlike containers: BERTH_BUILD_NETWORK=none cuts it off')
  return walls
}

/** An engine on another machine has its cgroups there. */
function requireBuildCgroup({ buildCgroupParent: parent, hostCgroup, dockerHost }: Config): void {
  if (parent === undefined || dockerHost?.startsWith('tcp:')) return
  const problem = cgroupProblem(parent, hostCgroup)
  if (problem !== undefined)
    throw new ConfigError([`BERTH_BUILD_CGROUP_PARENT ${parent} would bound no build: ${problem} (docs/operations.md)`])
}

async function requireToken(config: Config, store: Store): Promise<void> {
  if (config.token !== undefined || (await store.tokens.all()).length > 0) return
  const mark = createTokenMark(config.dataDir)
  if (mark.isSet())
    throw new ConfigError([
      `tokens protected this server, and its database has none: restore ${config.dataDir} from a backup, set BERTH_TOKEN, or remove ${mark.path} to let in everybody on this machine`
    ])
  if (isPrivate(config)) return
  throw new ConfigError([
    `BERTH_HOST is ${config.host}, which other machines can reach: set BERTH_TOKEN (openssl rand -hex 32), make a token (npm run token -- create me --scopes admin), or listen on 127.0.0.1`
  ])
}

function checkRegistriesFile({ registriesFile }: Config): string[] {
  const { problem, warning } = registriesFile === undefined ? {} : inspectRegistriesFile(registriesFile)
  if (problem) throw new ConfigError([problem])
  return warning ? [warning] : []
}

function isForPeople({ logFormat }: Config): boolean {
  return logFormat === 'pretty' || (logFormat === 'auto' && process.stdout.isTTY)
}

function createLogger(config: Config): Logger {
  const { logLevel: level } = config
  if (!isForPeople(config)) return pino({ level }, createLogOutput(process.stdout))
  return pino({
    level,
    transport: {
      target: 'pino-pretty',
      options: { ignore: 'pid,hostname', translateTime: 'HH:MM:ss.l', singleLine: true }
    }
  })
}

function explainFailure(error: unknown): string[] {
  if (error instanceof ConfigError) return error.problems
  if (error instanceof Error && 'code' in error) {
    if (error.code === 'EADDRINUSE')
      return [`${error.message.replace(/^listen EADDRINUSE: /, '')}. Set BERTH_PORT to another port.`]
    if (error.code === 'EACCES' || error.code === 'EADDRNOTAVAIL')
      return [`cannot listen: ${error.message}. Check BERTH_HOST and BERTH_PORT.`]
  }
  return [error instanceof Error ? error.message : String(error)]
}
