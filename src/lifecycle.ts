// Background parts: started in phases, stopped in the reverse order. Each has a timeout, and a failing one does not stop
// the others.

import type { FastifyInstance } from 'fastify'

type Log = { error(fields: object, message: string): void }
type Part = { name: string; start?: () => void | Promise<void>; stop?: () => void | Promise<void> }
export type Phase = { limitMs: number; parts: Part[] }

/** Time for open requests to end by themselves. */
const REQUESTS_MS = 5_000

/**
 * `background` runs for as long as requests may need it; `doors` accept callers. Both start before the server listens.
 */
export function attachLifecycle(
  app: FastifyInstance,
  { background, doors, log }: { background: Phase[]; doors: Phase; log: Log }
): void {
  let cutOff: NodeJS.Timeout | undefined

  app.addHook('onReady', () => startPhases([...background, doors]))
  app.addHook('preClose', async () => {
    await stopPhases([doors], log)
    cutOff = setTimeout(() => {
      log.error({ limitMs: REQUESTS_MS }, 'open requests did not end in time')
      app.server.closeAllConnections()
    }, REQUESTS_MS)
  })
  app.addHook('onClose', async () => {
    clearTimeout(cutOff)
    await stopPhases(background.toReversed(), log)
  })
}

/** Fails with the first part that does not start. */
export async function startPhases(phases: Phase[]): Promise<void> {
  for (const { parts, limitMs } of phases)
    for (const { name, start } of parts) await within(limitMs, `${name} did not start`, start)
}

/** In this order, the parts of a phase at once. */
export async function stopPhases(phases: Phase[], log: Log): Promise<void> {
  for (const { parts, limitMs } of phases) {
    const stopped = parts.map(async ({ name, stop }) => {
      try {
        await within(limitMs, `${name} did not stop`, stop)
      } catch (error) {
        log.error({ err: error, part: name }, 'a part did not stop as it should')
      }
    })
    await Promise.all(stopped)
  }
}

async function within(limitMs: number, what: string, act: Part['start']): Promise<void> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(`${what} within ${limitMs} ms`)), limitMs)
  try {
    await Promise.race([act?.(), late.promise])
  } finally {
    clearTimeout(timer)
  }
}
