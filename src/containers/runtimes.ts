// Warns the operator if the engine lacks a runtime of the policy: every create that needs it fails.

import type { Policy } from '../access/policy.ts'
import type { EngineAvailability, EngineStatus } from '../engine/contract/availability.ts'
import type { EngineSystem } from '../engine/contract/system.ts'

type Options = {
  engine: Pick<EngineAvailability, 'status' | 'onStatus'> & Pick<EngineSystem, 'info'>
  policy: Pick<Policy, 'runtimes'>
  log: { warn(fields: object, message: string): void }
}

/** Checks whenever an engine is found. */
export function warnOfMissingRuntimes({ engine, policy, log }: Options): void {
  if (policy.runtimes.length === 0) return
  function lookIf({ available }: EngineStatus): void {
    if (available) void look().catch((err: unknown) => log.warn({ err }, 'the runtimes of the engine are not known'))
  }
  engine.onStatus(lookIf)
  // It may have been found before.
  lookIf(engine.status())

  async function look(): Promise<void> {
    const { runtimes } = await engine.info()
    const missing = policy.runtimes.filter((name) => !runtimes.includes(name))
    if (missing.length > 0) log.warn({ missing, runtimes }, 'the engine lacks runtimes that the policy names')
  }
}
