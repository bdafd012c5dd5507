// On whose behalf the code runs that asks, however deep below the door. What lets callers take turns looks here.

import { AsyncLocalStorage } from 'node:async_hooks'

export type OnBehalf = ReturnType<typeof createOnBehalf>

export function createOnBehalf() {
  const storage = new AsyncLocalStorage<string>()
  return {
    run: <T>(whose: string, task: () => T): T => storage.run(whose, task),
    current: (): string | undefined => storage.getStore()
  }
}
