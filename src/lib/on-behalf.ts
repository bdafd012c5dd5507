// The caller on whose behalf the current code runs, at any depth. Fair queues use it.

import { AsyncLocalStorage } from 'node:async_hooks'

export type OnBehalf = ReturnType<typeof createOnBehalf>

export function createOnBehalf() {
  const storage = new AsyncLocalStorage<string>()
  return {
    run: <T>(whose: string, task: () => T): T => storage.run(whose, task),
    current: (): string | undefined => storage.getStore()
  }
}
