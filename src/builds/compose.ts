// Combines the parts of builds.

import type { Policy } from '../access/policy.ts'
import type { Access } from '../access/service.ts'
import type { Config } from '../config.ts'
import type { CreateContainer } from '../containers/create-schema.ts'
import type { EngineAvailability } from '../engine/contract/availability.ts'
import type { EngineBuilder } from '../engine/contract/builder.ts'
import type { EngineImages } from '../engine/contract/images.ts'
import type { Validator } from '../lib/validator.ts'
import type { RegistryRules } from '../registry/rules.ts'
import type { Store } from '../store/contract/store.ts'
import type { BuildTable } from './table.ts'
import { createElsewhere } from './elsewhere.ts'
import { createBuildFiles } from './files.ts'
import { isOver, type BuildRecord } from './record.ts'
import type { Credentials } from './request.ts'
import { createBuildService } from './service.ts'
import { createSourcePolicy } from './source-policy.ts'
import { createRoom } from './room.ts'
import { createStages, type Images, type Run } from './stages.ts'
import { createWorker } from './worker.ts'

type Log = { info(fields: object, message: string): void; error(fields: object, message: string): void }

const DAY_MS = 86_400_000
const MAX_ENTRIES = 20_000

export function composeBuilds({
  config,
  engine,
  table,
  store: { flush, openBuildFiles, onNews },
  images,
  run,
  checkRun,
  exactRun,
  validator,
  policy,
  registries,
  authorize,
  onChange,
  hasRoom = () => true,
  log
}: {
  config: Config
  engine: EngineBuilder & Pick<EngineImages, 'inspectImage'> & EngineAvailability
  table: BuildTable
  store: Pick<Store, 'flush' | 'openBuildFiles' | 'onNews'>
  images: Images
  run: Run
  checkRun: (body: CreateContainer) => void
  exactRun: (body: unknown) => unknown
  validator: Pick<Validator, 'coercing' | 'strict'>
  policy: Policy
  registries: RegistryRules
  authorize: Access['authorize']
  onChange: (record: BuildRecord) => void
  /** On the disk of the data folder. */
  hasRoom?: (() => boolean) | undefined
  log: Log
}) {
  const files = createBuildFiles({ store: openBuildFiles(config.dataDir), maxLogBytes: config.buildLogMax })
  const credentials = new Map<string, Credentials>()
  const changed = (record: BuildRecord) => {
    // A failed push may be tried again with them.
    if (isOver(record) && record.push.status !== 'failed') credentials.delete(record.id)
    onChange(record)
    if (isOver(record)) service.ended()
  }
  const rules = createSourcePolicy(policy, registries)
  const stages = createStages({
    engine,
    files,
    limits: {
      totalMs: config.buildTimeoutSeconds * 1000,
      idleMs: config.buildIdleSeconds * 1000,
      network: config.buildNetwork,
      cgroupParent: config.buildCgroupParent
    },
    secrets: (id) => table.secrets(id),
    credentials: (id) => credentials.get(id),
    images,
    rules,
    run
  })
  const worker = createWorker({
    table,
    flush,
    files,
    stages,
    concurrency: config.buildConcurrency,
    engine,
    onChange: changed,
    log
  })
  const elsewhere = createElsewhere({ table, files, worker, onChange: changed })
  onNews(elsewhere.hear)
  const service = createBuildService({
    table,
    files,
    elsewhere,
    room: createRoom({ files, most: config.buildStorageMax, hasRoom }),
    worker,
    engine,
    images,
    credentials,
    limits: {
      uploadBytes: config.buildUploadMax,
      contextBytes: config.buildContextMax,
      entries: MAX_ENTRIES,
      queued: config.buildQueueMax,
      kept: config.buildRecordsMax,
      retentionMs: config.buildRetentionDays * DAY_MS,
      namespace: config.dockerhubNamespace,
      cgroupParent: config.buildCgroupParent
    },
    validator,
    policy,
    rules,
    checkReach: registries.check,
    checkRun,
    exactRun,
    authorize,
    onChange: changed,
    log
  })
  return service
}
