import type { Engine } from '../../src/engine/contract/engine.ts'
import type { MemoryEngine } from './memory-engine.ts'

/** Holds the answers to the calls of one method until the test releases them. */
export function hold<K extends 'inspectContainer' | 'listContainers'>(engine: MemoryEngine, method: K) {
  const original = engine[method] as (...args: unknown[]) => Promise<unknown>
  const held: (() => void)[] = []
  const state = { holding: true }
  ;(engine as Engine)[method] = (async (...args: unknown[]) => {
    const answer = await original(...args)
    if (state.holding) await new Promise<void>((resolve) => held.push(resolve))
    return answer
  }) as Engine[K]
  return {
    held,
    releaseAll() {
      state.holding = false
      for (const release of held.splice(0)) release()
    }
  }
}

export const callsOf = (engine: MemoryEngine, name: keyof Engine): number =>
  engine.calls.filter((call) => call.name === name).length
