// The files of builds: the store's contexts, and the logs, which readers and the writer must share.

import type { BuildFileStore } from '../store/contract/build-files.ts'
import { createLogFile, type LogFile } from './log-file.ts'

export type BuildFiles = ReturnType<typeof createBuildFiles>

export function createBuildFiles({ store, maxLogBytes }: { store: BuildFileStore; maxLogBytes: number }) {
  const life = new AbortController()
  // The logs of unfinished builds: their readers must meet their writer.
  const live = new Map<string, LogFile>()

  return {
    ...store,

    log(id: string, isOver: boolean): LogFile {
      const log = live.get(id) ?? createLogFile(store.log(id), maxLogBytes, isOver, life.signal)
      if (!isOver) live.set(id, log)
      return log
    },
    /** The log of an unfinished build, if it has a reader or writer here. */
    followed: (id: string): LogFile | undefined => live.get(id),
    allFollowed: (): string[] => [...live.keys()],
    /** Another server ended it. */
    ended(id: string): void {
      live.get(id)?.ended()
      live.delete(id)
    },
    /** Calls `note` with whether lines are missing. */
    async endLog(id: string, note: (isIncomplete: boolean) => void = () => {}): Promise<void> {
      const log = live.get(id)
      // Readers can find it until everything is on the disk.
      await (log ? log.end(note) : note(false))
      live.delete(id)
    },
    async close(): Promise<void> {
      life.abort()
      await Promise.all([...live.values()].map((log) => log.end()))
      await store.close()
    }
  }
}
