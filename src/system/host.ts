// The machine's own figures, measured once for all readers by the worker beside this file.

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
  disks: { mount: string; type: string; sizeBytes: number; usedBytes: number }[]
  networks: { name: string; rxBytes: number; txBytes: number; rxPerSecond: number; txPerSecond: number }[]
  uptimeSeconds: number
}

type Log = { warn(fields: object, message: string): void }
export type Host = ReturnType<typeof createHost>

const FIRST_SAMPLE_MS = 10_000
const RESTART_MS = 5_000

export function createHost({ log }: { log: Log }) {
  let worker: Worker | undefined
  let latest: HostSample | undefined
  let stopped = false
  const watchers = new Set<(sample: HostSample) => void>()

  function start(): void {
    worker = new Worker(new URL('./host-worker.ts', import.meta.url))
    worker.unref()
    worker.on('message', (message: HostSample | { failed: string }) => {
      if ('failed' in message) return log.warn({ reason: message.failed }, 'the machine could not be measured')
      latest = message
      for (const watcher of watchers) watcher(message)
    })
    worker.on('error', (err) => log.warn({ err }, 'measuring the machine failed; it is tried again'))
    worker.on('exit', () => {
      if (!stopped) setTimeout(start, RESTART_MS).unref()
    })
  }

  function onSample(watcher: (sample: HostSample) => void): () => void {
    watchers.add(watcher)
    return () => watchers.delete(watcher)
  }

  return {
    start,
    async stop(): Promise<void> {
      stopped = true
      await worker?.terminate()
    },

    onSample,
    peek: (): HostSample | undefined => latest,

    /** The latest sample; just after the start that is a moment away. */
    async latest(): Promise<HostSample> {
      if (latest) return latest
      return new Promise((resolve, reject) => {
        const limit = setTimeout(() => {
          stop()
          reject(new AppError('STATS_UNAVAILABLE', 'The machine could not be measured.'))
        }, FIRST_SAMPLE_MS)
        const stop = onSample((sample) => {
          clearTimeout(limit)
          stop()
          resolve(sample)
        })
      })
    }
  }
}
