// An engine that can do only what the test says. For one that holds containers: memory-engine.ts.

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
