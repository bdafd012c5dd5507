// The machine's own figures, measured once for all readers by the worker beside this file. The worker runs while there are
// readers and for some minutes after: a thread costs more memory than all containers' statistics together.

import { extname, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { AppError } from '../errors.ts'

export type HostSample = {
  sampledAt: number
  cpuPercent: number
  corePercents: number[]
  memory: {
    totalBytes: number
    usedBytes: number
    availableBytes: number
    cacheBytes: number
    swapTotalBytes: number
    swapUsedBytes: number
  }
  disks: { mount: string; type: string; sizeBytes: number; usedBytes: number; availableBytes: number }[]
  networks: { name: string; rxBytes: number; txBytes: number; rxPerSecond: number; txPerSecond: number }[]
  uptimeSeconds: number
}

type Log = { warn(fields: object, message: string): void }
export type Host = ReturnType<typeof createHost>

const FIRST_SAMPLE_MS = 10_000
const FRESH_MS = 5_000
const LINGER_MS = 5 * 60_000
// It holds one sample at a time; by default its heap would grow like a server's.
/** The same file, as source or compiled. */
const WORKER = join(import.meta.dirname, `host-worker${extname(import.meta.filename)}`)
const WORKER_LIMITS = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 64 }

export function createHost({ log }: { log: Log }) {
  let worker: Worker | undefined
  let latest: HostSample | undefined
  let lastLook = -Infinity
  const watchers = new Set<(sample: HostSample) => void>()

  /** Call this for each reader; it resumes a paused measurement. */
  function look(): void {
    lastLook = performance.now()
    if (worker) return
    const started = new Worker(WORKER, { resourceLimits: WORKER_LIMITS })
    worker = started
    started.unref()
    started.on('message', take)
    started.on('error', (err) => log.warn({ err }, 'measuring the machine failed'))
    started.on('exit', () => {
      if (worker === started) worker = undefined
    })
  }

  function take(message: HostSample | { failed: string }): void {
    if ('failed' in message) return log.warn({ reason: message.failed }, 'the machine could not be measured')
    latest = message
    for (const watcher of watchers) watcher(message)
    if (performance.now() - lastLook > LINGER_MS) void stop()
  }

  async function stop(): Promise<void> {
    const running = worker
    worker = undefined
    await running?.terminate()
  }

  function onSample(watcher: (sample: HostSample) => void): () => void {
    watchers.add(watcher)
    return () => watchers.delete(watcher)
  }

  return {
    stop,
    look,
    onSample,

    /** The latest sample; after a while without readers it is half a second away. */
    async latest(): Promise<HostSample> {
      look()
      if (latest && Date.now() - latest.sampledAt < FRESH_MS) return latest
      return new Promise((resolve, reject) => {
        const forget = onSample((sample) => {
          clearTimeout(limit)
          forget()
          resolve(sample)
        })
        const limit = setTimeout(() => {
          forget()
          reject(new AppError('STATS_UNAVAILABLE', 'The statistics of the machine are not available.'))
        }, FIRST_SAMPLE_MS)
      })
    }
  }
}
