// Everything this server is made of, in order. It never listens and never reads the environment.

import { randomBytes } from 'node:crypto'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify, { LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import type { AuditFile } from './access/audit-file.ts'
import { createBudget } from './access/budget.ts'
import { NOBODY } from './access/caller.ts'
import { createAudit } from './access/audit.ts'
import { createPolicy, type PolicyRules } from './access/policy.ts'
import { accessRoutes } from './access/routes.ts'
import { ACCESS_SCHEMAS } from './access/schemas.ts'
import { createAccess } from './access/service.ts'
import { createTokens } from './access/tokens.ts'
import { createVisitorRules } from './access/visitors.ts'
import { isPrivate, type Config } from './config.ts'
import { createBuilds } from './builds/builds.ts'
import { createBuildRoots } from './builds/context/roots.ts'
import { buildEvent } from './builds/view.ts'
import { buildRoutes } from './builds/routes.ts'
import { buildRpc } from './builds/rpc.ts'
import { createBuildTable } from './builds/table.ts'
import { BUILD_SCHEMAS } from './builds/schemas.ts'
import { buildPushRoutes } from './compat/build-push/routes.ts'
import { dockerfileBuildRoutes } from './compat/dockerfile-build/routes.ts'
import { COMPAT_SCHEMAS } from './compat/schemas.ts'
import { createAttempts } from './containers/attempts.ts'
import { createMaker } from './containers/create.ts'
import { createExpiry } from './containers/expiry.ts'
import { createCreator } from './containers/idempotency.ts'
import { createRemoval } from './containers/removal.ts'
import { createReplacer } from './containers/replace.ts'
import { containerRoutes } from './containers/routes.ts'
import { containerRpc } from './containers/rpc.ts'
import * as containerSchemas from './containers/schemas.ts'
import { createContainerService } from './containers/service.ts'
import { createSettling } from './containers/settling.ts'
import { createVolumes } from './containers/volumes.ts'
import { createWaiting } from './containers/wait.ts'
import type { Engine } from './engine/contract/engine.ts'
import type { Machine } from './engine/machine/machine.ts'
import { createEventLog } from './events/log.ts'
import { eventRoutes } from './events/routes.ts'
import { eventRpc } from './events/rpc.ts'
import { registerAudit } from './http/audit.ts'
import { recordEvents } from './events/sources.ts'
import { answerFrameworkError, Problem, registerErrors } from './http/errors.ts'
import { serverOptions, type Tls } from './http/listening.ts'
import { registerOpenApi } from './http/openapi.ts'
import { registerPressure } from './http/pressure.ts'
import { answerRawError, ignoreExpectations } from './http/raw-errors.ts'
import { registerRequestLog } from './http/request-log.ts'
import { registerSecurity } from './http/security.ts'
import { LONGEST_UPLOAD_MS, registerSlowBodies } from './http/slow-bodies.ts'
import { createStreams } from './http/streams.ts'
import { registerValidation } from './http/validation.ts'
import { imageRoutes } from './images/routes.ts'
import { imageRpc } from './images/rpc.ts'
import { IMAGE_SCHEMAS } from './images/schemas.ts'
import { createImageService } from './images/service.ts'
import { createInventory } from './inventory/inventory.ts'
import { registryOf } from './lib/reference.ts'
import { requestId } from './lib/request-id.ts'
import { createValidator } from './lib/validator.ts'
import { networkRoutes } from './networks/routes.ts'
import { networkRpc } from './networks/rpc.ts'
import { NETWORK_SCHEMAS } from './networks/schemas.ts'
import { createNetworkService } from './networks/service.ts'
import { createMetrics } from './metrics/metrics.ts'
import { metricsRoutes } from './metrics/routes.ts'
import { createAllocator } from './ports/allocator.ts'
import { portRoutes } from './ports/routes.ts'
import { portRpc } from './ports/rpc.ts'
import { PortOverview } from './ports/schemas.ts'
import { createPortService } from './ports/service.ts'
import type { LoginSources } from './registry/logins.ts'
import { createRegistryService } from './registry/service.ts'
import type { DockerMethods } from './rpc/methods.ts'
import { createRpcServer } from './rpc/server.ts'
import type { Store } from './store/open.ts'
import { createCgroupSource } from './stats/cgroup-source.ts'
import type { StatsSource } from './stats/counters.ts'
import { createEngineSource } from './stats/engine-source.ts'
import { statsRoutes } from './stats/routes.ts'
import { statsRpc } from './stats/rpc.ts'
import { createSampler } from './stats/sampler.ts'
import { STATS_SCHEMAS } from './stats/schemas.ts'
import { createStatsService } from './stats/service.ts'
import { createCleaner } from './system/clean.ts'
import { createHost, type Host } from './system/host.ts'
import { warnOutOfReach } from './system/reach.ts'
import { systemRoutes } from './system/routes.ts'
import { systemRpc } from './system/rpc.ts'
import { SYSTEM_SCHEMAS } from './system/schemas.ts'
import { createSystemService } from './system/service.ts'

export type AppDeps = {
  config: Config
  engine: Engine
  store: Store
  machine: Machine
  tls?: Tls | undefined
  /** Absent: nothing is restricted beyond the settings. */
  policy?: PolicyRules
  /** Where the audit trail goes besides the store. */
  auditFile?: AuditFile
  /** Absent: this machine, measured. */
  host?: Host
  logger: FastifyBaseLogger
  version: string
  /** What the age of knowledge is counted with. Absent: a clock that only goes forward. */
  now?: () => number
  /** The container this server runs in, if it does. */
  ownId: string | undefined
  /** Docker's config.json with the logins of this user. Absent: not looked at. */
  dockerConfigFile?: string
}

const SHARED_SCHEMAS = [
  Problem,
  ...SYSTEM_SCHEMAS,
  PortOverview,
  ...containerSchemas.SHARED_SCHEMAS,
  ...IMAGE_SCHEMAS,
  ...NETWORK_SCHEMAS,
  ...STATS_SCHEMAS,
  ...ACCESS_SCHEMAS,
  ...BUILD_SCHEMAS,
  ...COMPAT_SCHEMAS
]
const BODY_BYTES = 256 * 1024
const MAX_CONNECTIONS = 4096

export async function buildApp({
  config: settings,
  engine,
  store,
  machine,
  tls,
  policy: rules = {},
  auditFile,
  logger,
  host = createHost({ log: logger }),
  version,
  now,
  ownId,
  dockerConfigFile
}: AppDeps): Promise<FastifyInstance> {
  const app = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: (request) => requestId(request),
    frameworkErrors: answerFrameworkError,
    bodyLimit: BODY_BYTES,
    requestTimeout: LONGEST_UPLOAD_MS,
    clientErrorHandler: answerRawError,
    ...serverOptions(tls),
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 512 },
    forceCloseConnections: 'idle'
  }).withTypeProvider<TypeBoxTypeProvider>()
  app.removeContentTypeParser('text/plain')
  app.server.maxConnections = MAX_CONNECTIONS
  ignoreExpectations(app.server)

  const { instanceId } = store
  const policy = createPolicy(rules)
  const config = policy.tighten(settings)
  const tokens = createTokens({
    table: store.tokens,
    hasOperator: config.token !== undefined,
    isPrivate: isPrivate(config)
  })
  const access = createAccess({ token: config.token, tokens, isPrivate: isPrivate(config) })
  const audit = createAudit({ table: store.audit, flush: store.flush, file: auditFile, log: logger })
  const budget = createBudget({ changesPerSecond: config.changesPerSecond, streams: config.streamsPerCaller })
  const admit = createVisitorRules(config.allowedHosts)
  const publishHost = config.publishHost ?? config.host
  const inventory = createInventory({ engine, log: logger, now })
  const allocator = createAllocator({ range: config.portRange, reserved: reservedPorts(config) })
  const ports = createPortService({ allocator, listeners: machine, inventory })
  const registries = createRegistryService({
    sources: loginSources(config, dockerConfigFile),
    engine,
    log: logger
  })
  const images = createImageService({
    engine,
    registries,
    containers: inventory.all,
    policy,
    onImagesChanged: inventory.onImages
  })
  const networks = createNetworkService({ engine, containers: inventory.all, policy, instanceId })
  const waiting = createWaiting({ inventory, engine, probeHost: config.probeHost })
  const removal = createRemoval({ engine, inventory })
  const volumes = createVolumes({ engine, inventory, instanceId })
  const settling = createSettling({ engine, inventory, removal, volumes })
  const attempts = createAttempts({
    engine,
    inventory,
    settling,
    table: store.intents,
    flush: store.flush,
    log: logger
  })
  const expiry = createExpiry({
    inventory,
    table: store.expiries,
    intents: store.intents,
    instanceId,
    remove: (id) => containers.removeExpired(id),
    log: logger
  })
  const maker = createMaker({
    engine,
    inventory,
    ports,
    attempts,
    removal,
    volumes,
    waiting,
    expiry,
    images,
    networks,
    policy,
    config,
    instanceId,
    publishHost
  })
  const creator = createCreator({ engine, inventory, maker, attempts, removal, config })
  const replacer = createReplacer({ engine, inventory, ports, attempts, removal, expiry, instanceId })
  const containers = createContainerService({
    engine,
    inventory,
    ports,
    creator,
    replacer,
    removal,
    waiting,
    expiry,
    config,
    ownId
  })
  const sampler = createSampler({ inventory, sources: statsSources(config, engine, machine) })
  const stats = createStatsService({ inventory, sampler, machine })
  const system = createSystemService({ version, config, engine, host, inventory, ownId })
  const clean = createCleaner({
    engine,
    containers: inventory.all,
    removeContainer: containers.remove,
    images,
    networks
  })
  const events = createEventLog({ epoch: randomBytes(4).toString('hex') })
  recordEvents(events, { inventory, ports: allocator, engine })
  const streams = createStreams({ admit: budget.stream })
  const validator = createValidator(SHARED_SCHEMAS)
  const builds = createBuilds({
    config,
    engine,
    table: createBuildTable(store.builds),
    flush: store.flush,
    images,
    run: async (body, { key, signal, owner }) => (await creator.create(body, key, signal, owner)).record,
    checkRun: creator.check,
    validator,
    policy,
    authorize: access.authorize,
    onChange: (record) => events.add(...buildEvent(record)),
    log: logger
  })
  const metrics = createMetrics({ version, engine, inventory, ports, sampler, builds })
  const endpoints: string[] = []

  app.decorateRequest('failedStream', null)
  registerErrors(app)
  registerSlowBodies(app)
  registerValidation(app, validator, SHARED_SCHEMAS)
  registerRequestLog(app)
  registerAudit(app, audit)
  registerSecurity(app, { access, budget, nobody: NOBODY, admit })
  app.addHook('onRoute', ({ method, url, schema }) => {
    if (schema && !schema.hide && method !== 'HEAD')
      endpoints.push(`${String(method)} ${url.replaceAll(/:(\w+)/g, '{$1}')}`)
  })
  await registerPressure(app)
  await registerOpenApi(app, { version, hasToken: access.needsToken() })

  metrics.observe(app)

  await app.register(systemRoutes, { system, clean, streams, endpoints: () => endpoints })
  await app.register(async (scope) => {
    // What these answer comes from the inventory, of which nothing is known before its first reading.
    scope.addHook('preHandler', () => inventory.whenKnown())
    await scope.register(containerRoutes, { containers, streams })
    await scope.register(portRoutes, { ports })
    await scope.register(imageRoutes, { images, streams })
    await scope.register(networkRoutes, { networks })
    await scope.register(statsRoutes, { stats, streams })
  })
  await app.register(buildRoutes, { builds, streams })
  await app.register(buildPushRoutes, { builds, namespace: config.dockerhubNamespace })
  await app.register(dockerfileBuildRoutes, { builds })
  await app.register(eventRoutes, { events, streams })
  await app.register(metricsRoutes, { metrics })
  await app.register(accessRoutes, { tokens, audit })

  const rpc = createRpcServer({
    host: config.host,
    // Whoever wants a socket that only its owner may use wants no port beside it.
    port: config.socket === undefined ? config.grpcPort : undefined,
    tls,
    methods: rpcMethods({
      containers,
      stats,
      ports,
      images,
      networks,
      builds,
      buildRoots: createBuildRoots(config.buildRoots),
      events,
      system,
      clean,
      ready: inventory.whenKnown
    }),
    access,
    admit,
    budget,
    audit,
    nobody: NOBODY,
    validator,
    readiness: { isReady: () => engine.status().available, onChange: engine.onStatus },
    log: logger,
    onAnswered: metrics.observeCall
  })

  app.addHook('onReady', async () => {
    warnOutOfReach({ inventory, ownId, config, log: logger })
    inventory.start()
    expiry.start()
    sampler.start()
    builds.start()
    await rpc.listen()
  })
  app.addHook('preClose', async () => {
    streams.close()
    await rpc.close()
  })
  app.addHook('onClose', async () => {
    await builds.stop()
    expiry.stop()
    sampler.stop()
    inventory.stop()
    await host.stop()
  })
  return app
}

type Services = Parameters<typeof containerRpc>[0] &
  Parameters<typeof statsRpc>[0] &
  Parameters<typeof portRpc>[0] &
  Parameters<typeof imageRpc>[0] &
  Parameters<typeof networkRpc>[0] &
  Parameters<typeof buildRpc>[0] &
  Parameters<typeof eventRpc>[0] &
  Parameters<typeof systemRpc>[0]

/** Every method of the gRPC service; the compiler misses one that is not there. */
export function rpcMethods(services: Services): DockerMethods {
  return {
    ...containerRpc(services),
    ...statsRpc(services),
    ...portRpc(services),
    ...imageRpc(services),
    ...networkRpc(services),
    ...buildRpc(services),
    ...eventRpc(services),
    ...systemRpc(services)
  }
}

function loginSources(config: Config, dockerConfigFile: string | undefined): LoginSources {
  const { registriesFile, dockerhubUsername: username, dockerhubPassword: password, dockerhubNamespace } = config
  const ofNamespace = { registry: registryOf(dockerhubNamespace), username, password }
  return { registriesFile, ofNamespace, dockerConfigFile }
}

function statsSources({ statsSource, hostProc, hostCgroup }: Config, engine: Engine, machine: Machine): StatsSource[] {
  const cgroup = createCgroupSource({ procDir: hostProc, cgroupDir: hostCgroup })
  const api = createEngineSource({ engine, machine })
  if (statsSource === 'auto') return [cgroup, api]
  return statsSource === 'cgroup' ? [cgroup] : [api]
}

function reservedPorts({ port, grpcPort, reservedPorts: configured }: Config): Map<number, string> {
  const reserved = new Map(configured.map((number) => [number, 'reserved by BERTH_RESERVED_PORTS']))
  if (grpcPort !== undefined) reserved.set(grpcPort, 'the gRPC services')
  return reserved.set(port, 'the API itself')
}
