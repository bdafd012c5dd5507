// The least time between two health checks. They do not count against a container's CPU limit on every engine.

import type { Healthcheck } from './contract/containers.ts'

export const LEAST_INTERVAL_SECONDS = 5
const LEAST_MS = LEAST_INTERVAL_SECONDS * 1000

/** The check of an image that runs too often, at the least interval. Undefined for any other, which stays as it is. */
export function slowed(check: Healthcheck | undefined): Healthcheck | undefined {
  const isTooOften = check?.intervalMs !== undefined && check.intervalMs < LEAST_MS
  return isTooOften ? { ...check, intervalMs: LEAST_MS } : undefined
}
