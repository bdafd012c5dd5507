// Creates and connects all parts of this server, in order. It never listens and never reads the environment.

import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { NOBODY, OPERATOR, type Caller } from './access/caller.ts'
import { createHeldBytes } from './access/held-bytes.ts'
import { composeAccess } from './access/compose.ts'
import { createPolicy } from './access/policy.ts'
import { composeBuilds } from './builds/compose.ts'
import { createBuildRoots } from './builds/context/roots.ts'
import { createBuildTable } from './builds/table.ts'
import { buildEvent } from './builds/view.ts'
import { composeContainers } from './containers/compose.ts'
import { exactForms } from './containers/human-forms.ts'
import { urlOf } from './containers/view.ts'
import { AppError } from './errors.ts'
import { createEventLog } from './events/log.ts'
import { recordEvents } from './events/recorder.ts'
import { FEATURES, rpcMethods } from './features.ts'
import { createFileService } from './files/service.ts'
import type { Foundation } from './foundation.ts'
import { createHttpApp, sharedSchemas } from './http/app.ts'
import { createStreams } from './http/streams.ts'
import { createImageService } from './images/service.ts'
import { createInventory } from './inventory/inventory.ts'
import { createOnBehalf } from './lib/on-behalf.ts'
import { createValidator } from './lib/validator.ts'
import { attachLifecycle } from './lifecycle.ts'
import { createMetrics } from './metrics/metrics.ts'
import { createNetworkService } from './networks/service.ts'
import { warnOfUnwalled } from './networks/unwalled.ts'
import { createNodeService } from './nodes/service.ts'
import { createAllocator } from './ports/allocator.ts'
import { reservedPorts } from './ports/reserved.ts'
import { createPortService } from './ports/service.ts'
import { composeRegistries } from './registry/compose.ts'
import { createRpcServer } from './rpc/server.ts'
import { composeStats } from './stats/compose.ts'
import { createPruner } from './system/prune.ts'
import { createHost } from './system/host.ts'
import { warnOutOfReach } from './system/reach.ts'
import { createSystemService } from './system/service.ts'
import { tokenAmong } from './terminal/frames.ts'
import { createTerminalService } from './terminal/service.ts'
import { createVolumeService } from './volumes/service.ts'

export async function compose({
  config: settings,
  engine,
  nodes: engineNodes,
  store,
  machine,
  tls,
  policy: rules = {},
  walls,
  auditFile,
  reserve,
  logger,
  host = createHost({ log: logger }),
  version,
  now,
  ownId,
  ownPlaces = { volumes: [], dataPath: undefined },
  dockerConfigFile,
  onBehalf = createOnBehalf(),
  dashboardDir = join(import.meta.dirname, '../dist/dashboard')
}: Foundation): Promise<FastifyInstance> {
  const log = logger
  const { instanceId } = store
  const policy = createPolicy(rules)
  const config = policy.tighten(settings)
  const validator = createValidator(sharedSchemas(FEATURES))

  const { tokens, access, audit, budget, admit } = await composeAccess({
    config,
    rules,
    store,
    auditFile,
    reserve,
    log
  })

  const hold = createHeldBytes({ whose: onBehalf.current })
  const inventory = createInventory({ engine, log, now })
  const allocator = createAllocator({ range: config.portRange, reserved: reservedPorts(config) })
  const ports = createPortService({ allocator, listeners: machine, inventory })
  const { registries, registryRules } = composeRegistries({
    config,
    list: rules.registries,
    dockerConfigFile,
    engine,
    holderOf: tokens.holderOf,
    log
  })
  const images = createImageService({
    engine,
    registries,
    containers: inventory.all,
    policy,
    table: store.imageNames,
    defaultImage: config.defaultImage,
    onImagesChanged: inventory.onImages,
    cluster: engineNodes && { registry: config.swarmRegistry }
  })
  if (rules.isolation && !walls) throw new Error('the policy isolates owners, and nothing here can')
  const networks = createNetworkService({ engine, containers: inventory.all, policy, instanceId, walls })
  if (walls) warnOfUnwalled({ inventory, networks, log })
  const nodes = createNodeService({ swarm: engineNodes, containers: inventory.all })
  const volumes = createVolumeService({ engine, containers: inventory.all, policy, instanceId })
  const { containers, creator, expiry } = await composeContainers({
    config,
    engine,
    inventory,
    ports,
    images,
    networks,
    ensureVolume: volumes.ensure,
    policy,
    store,
    ownId,
    ownPlaces,
    hold,
    log
  })
  const terminals = createTerminalService({
    engine,
    target: containers.execTarget,
    refresh: inventory.refresh,
    validator,
    audit,
    config,
    log
  })
  const files = createFileService({ engine, containers, config, log })
  const { stats, sampler } = composeStats({ config, engine, inventory, machine })
  const system = createSystemService({ version, config, engine, host, inventory, database: store.database, ownId })
  warnOutOfReach({ inventory, ownId, config, log })
  const prune = createPruner({
    engine,
    containers: inventory.all,
    removeContainer: (id) => containers.remove(OPERATOR, id, false),
    images: {
      list: (query) => images.list(OPERATOR, query),
      remove: (id, how) => images.remove(OPERATOR, id, how)
    },
    networks: { idle: networks.idle, remove: (name) => networks.remove(OPERATOR, name) },
    instanceId,
    isUnderWay: creator.isOnRecord
  })
  /** The caller of a build that runs its container. */
  function makerOf(owner: string | null): Caller {
    const caller = tokens.holderOf(owner)
    if (caller) return caller
    throw new AppError(
      'FORBIDDEN',
      'The token that requested this build is no longer valid, so no container was created for it.'
    )
  }
  const events = createEventLog({ epoch: randomBytes(4).toString('hex') })
  recordEvents(events, { inventory, ports: allocator, engine, ownerOfNetwork: networks.ownerOf, nodes: engineNodes })
  const builds = composeBuilds({
    config,
    engine,
    table: createBuildTable(store.builds),
    store,
    images,
    run: async (body, { key, signal, owner }) => {
      const { record } = await creator.create(makerOf(owner), body, { key }, signal)
      return { id: record.id, name: record.name, url: urlOf(record) }
    },
    checkRun: creator.check,
    exactRun: exactForms,
    validator,
    policy,
    registries: registryRules,
    authorize: access.authorize,
    onChange: (record) => events.add(...buildEvent(record)),
    hasRoom: reserve?.hasRoom,
    log
  })
  const metrics = createMetrics({
    version,
    engine,
    nodes: engineNodes,
    inventory,
    ports,
    sampler,
    builds,
    database: store.database
  })

  const streams = createStreams({ admit: budget.stream })
  const parts = {
    tokens,
    audit,
    inForce: { exec: config.exec, swarm: engineNodes !== undefined, policy: rules },
    ports,
    images,
    networks,
    nodes,
    volumes,
    containers,
    terminals,
    files,
    stats,
    system,
    prune,
    events,
    builds,
    buildRoots: createBuildRoots(config.buildRoots),
    namespace: config.dockerhubNamespace,
    metrics,
    streams,
    mcp: { version, validator, hold: (caller: Caller, address: string) => hold('body', budget.whose(caller, address)) },
    dashboard: { folder: dashboardDir, needsToken: access.needsToken }
  }
  const { connectionsMax } = config
  const security = {
    access,
    admit,
    audit,
    budget,
    nobody: NOBODY,
    onBehalf,
    connectionsMax,
    corsOrigins: config.corsOrigins
  }
  const app = await createHttpApp({
    features: FEATURES,
    parts,
    ready: inventory.whenKnown,
    observe: metrics.observe,
    ...security,
    tokenAmong,
    validator,
    tls,
    logger,
    version
  })
  const rpc = createRpcServer({
    host: config.host,
    // A socket that only its owner may use excludes a port.
    port: config.socket === undefined ? config.grpcPort : undefined,
    tls,
    methods: rpcMethods(parts, inventory.whenKnown),
    ...security,
    validator,
    readiness: {
      isReady: system.isReady,
      onChange(watcher) {
        engine.onStatus(watcher)
        store.database?.onStatus(watcher)
      }
    },
    log,
    onAnswered: metrics.observeCall
  })
  attachLifecycle(app, {
    background: [
      {
        limitMs: 500,
        parts: [
          { name: 'the inventory', start: inventory.start, stop: inventory.stop },
          { name: 'the sampler', start: sampler.start, stop: sampler.stop },
          { name: 'the measuring of this machine', stop: host.stop }
        ]
      },
      {
        limitMs: 2_000,
        parts: [
          { name: 'the end dates of tokens', start: tokens.start, stop: tokens.stop },
          { name: 'expiry', start: expiry.start, stop: expiry.stop },
          { name: 'builds', start: builds.start, stop: builds.stop }
        ]
      }
    ],
    doors: {
      limitMs: 1_000,
      parts: [
        { name: 'streams', stop: streams.close },
        { name: 'terminals', stop: terminals.close },
        { name: 'gRPC', start: rpc.listen, stop: rpc.close }
      ]
    },
    log
  })
  return app
}
