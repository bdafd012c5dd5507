// The facts that the engine cannot remember. A store is a folder beside this one; all stores pass one test suite.

import type { AuditStore } from './audit.ts'
import type { BuildStore } from './builds.ts'
import type { ExpiryStore } from './expiries.ts'
import type { IntentStore } from './intents.ts'
import type { TokenStore } from './tokens.ts'

export type Store = {
  /** The same for as long as the store exists: what Berth makes carries it. */
  instanceId: string
  intents: IntentStore
  expiries: ExpiryStore
  tokens: TokenStore
  audit: AuditStore
  builds: BuildStore
  /** Resolves when everything that was written before survives a power failure. */
  flush(): Promise<void>
  close(): void | Promise<void>
}
