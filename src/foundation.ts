// The inputs of a server, passed to compose.ts by server.ts or a test.

import type { FastifyBaseLogger } from 'fastify'
import type { AuditFile } from './access/audit-file.ts'
import type { PolicyRules } from './access/policy.ts'
import type { Config } from './config.ts'
import type { OwnPlaces } from './containers/own-data.ts'
import type { Engine } from './engine/contract/engine.ts'
import type { EngineNodes } from './engine/contract/nodes.ts'
import type { Machine } from './engine/machine/machine.ts'
import type { OnBehalf } from './lib/on-behalf.ts'
import type { Tls } from './lib/tls.ts'
import type { Store } from './store/contract/store.ts'
import type { Reserve } from './store/reserve.ts'
import type { Host } from './system/host.ts'

export type Foundation = {
  config: Config
  engine: Engine
  /** The machines of the engine, if it is a Swarm. */
  nodes?: EngineNodes | undefined
  store: Store
  machine: Machine
  tls?: Tls | undefined
  /** Absent: nothing is restricted beyond the settings. */
  policy?: PolicyRules
  /** The isolation of owners, if the policy requires it. */
  walls?: { check(): void } | undefined
  /** The destination of the audit trail besides the store. */
  auditFile?: AuditFile
  /** Reserved space on the disk of the data folder, for changes that free space. */
  reserve?: Reserve
  /** Absent: this machine, measured. */
  host?: Host
  logger: FastifyBaseLogger
  version: string
  /** Measures the age of records. Defaults to a monotonic clock. */
  now?: () => number
  /** The container this server runs in, if it does. */
  ownId: string | undefined
  /** The location of this server's own data. If absent, no container could mount it. */
  ownPlaces?: OwnPlaces
  /** Docker's config.json with the logins of this user. If absent, it is not read. */
  dockerConfigFile?: string
  /** The caller on whose behalf the engine works. */
  onBehalf?: OnBehalf
  /** The folder of the built dashboard. */
  dashboardDir?: string
}
