// An engine with only the calls that the test gives it. memory-engine.ts has one that holds containers.

import type { Engine } from '../../src/engine/contract/engine.ts'

/** Throws at every call that the test did not give it. */
export function fakeEngine(given: Partial<Engine> = {}): Engine {
  return new Proxy(given, {
    get(target, method, receiver) {
      // A promise check must not look like a call to the engine.
      if (method === 'then') return undefined
      return (
        Reflect.get(target, method, receiver) ??
        (() => {
          throw new Error(`fakeEngine: ${String(method)}() was not expected in this test`)
        })
      )
    }
  }) as Engine
}
