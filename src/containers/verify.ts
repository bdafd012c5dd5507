// What was imposed on a container against what the engine says of it. Pure.

import type { ContainerRecord, Limits } from '../engine/engine.ts'
import { AppError } from '../errors.ts'

// Podman keeps CPUs as a quota of whole microseconds.
const CPUS_EXACTNESS = 0.001

/** Throws when a limit is missing or wider than it was to be, or the container has more freedom than ours have. */
export function checkApplied({ name, limits, freedoms }: ContainerRecord, imposed: Partial<Limits>): void {
  const isKept = (actual: number | null, wanted: number | null | undefined, exactness = 0) =>
    wanted === undefined || wanted === null || (actual !== null && actual <= wanted + exactness)
  const missing = [
    ...(isKept(limits.memoryBytes, imposed.memoryBytes) ? [] : ['the memory limit']),
    ...(isKept(limits.cpus, imposed.cpus, CPUS_EXACTNESS) ? [] : ['the CPU limit']),
    ...(isKept(limits.pids, imposed.pids) ? [] : ['the process limit'])
  ]
  if (missing.length === 0 && freedoms.length === 0) return
  const reasons = [
    ...(missing.length > 0 ? [`it lacks ${missing.join(', ')}`] : []),
    ...(freedoms.length > 0 ? [`it has ${freedoms.join(', ')}`] : [])
  ]
  throw new AppError(
    'POLICY_NOT_APPLIED',
    `The engine did not shut in the container ${name} as it was told: ${reasons.join('; ')}.`,
    { facts: { missing, freedoms } }
  )
}
