import { parseDuration } from '../lib/durations.ts'
import { UsageError } from './exit-codes.ts'

/** A duration as people write it, or a number of seconds. */
export function secondsOf(text: string): number {
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : parseDuration(text)
  if (!seconds) throw new UsageError(`"${text}" is no span of time. Write 90s, 10m, 12h or 90d.`)
  return seconds
}
