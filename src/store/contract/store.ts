// The facts that the engine cannot remember. Each store is a folder beside this one. All stores pass one test suite.

import type { AuditStore } from './audit.ts'
import type { BuildFileStore } from './build-files.ts'
import type { BuildStore } from './builds.ts'
import type { StoreDatabase } from './database.ts'
import type { ExpiryStore } from './expiries.ts'
import type { ImageNameStore } from './image-names.ts'
import type { IntentStore } from './intents.ts'
import type { StoreNews } from './news.ts'
import type { TokenStore } from './tokens.ts'

export type Store = {
  /** Constant for the life of the store. Everything that Berth creates carries it. */
  instanceId: string
  intents: IntentStore
  expiries: ExpiryStore
  imageNames: ImageNameStore
  tokens: TokenStore
  audit: AuditStore
  builds: BuildStore
  /** Absent: files on the disk of the server. */
  database?: StoreDatabase
  /** Keeps the files of builds in that data folder, or uses it for those that this server works with. */
  openBuildFiles(dataDir: string): BuildFileStore
  /** Reports changes by other servers on the same store, never a server's own. */
  onNews(listener: (news: StoreNews) => Promise<void>): void
  /** Resolves when all earlier writes survive a power failure. */
  flush(): Promise<void>
  close(): void | Promise<void>
}
