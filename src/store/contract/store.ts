// The facts that the engine cannot remember. A store is a folder beside this one; all stores pass one test suite.

import type { AuditStore } from './audit.ts'
import type { BuildFileStore } from './build-files.ts'
import type { BuildStore } from './builds.ts'
import type { ExpiryStore } from './expiries.ts'
import type { IntentStore } from './intents.ts'
import type { StoreNews } from './news.ts'
import type { TokenStore } from './tokens.ts'

export type Store = {
  /** The same for as long as the store exists: what Berth makes carries it. */
  instanceId: string
  intents: IntentStore
  expiries: ExpiryStore
  tokens: TokenStore
  audit: AuditStore
  builds: BuildStore
  /** Absent where only one server uses the store: then the files of builds are in the data folder. */
  buildFiles?: BuildFileStore
  /** What other servers on the same store change. Of a server's own changes there is no news. */
  onNews(listener: (news: StoreNews) => Promise<void>): void
  /** Resolves when everything that was written before survives a power failure. */
  flush(): Promise<void>
  close(): void | Promise<void>
}
