import { Worker } from 'node:worker_threads'

export type Demand = { kind: 'cpu'; percent: number } | { kind: 'memory'; megabytes: number }
export type RunningLoad = Demand & { id: number; started_at: string; ends_at: string }

// Each load is a thread of its own: the event loop stays free, and ending the thread gives everything back at once.
export class Loads {
  readonly #running = new Map<Worker, RunningLoad>()
  readonly #failed: (err: unknown) => void
  #lastId = 0

  constructor(failed: (err: unknown) => void) {
    this.#failed = failed
  }

  get count(): number {
    return this.#running.size
  }

  start(demand: Demand, seconds: number): RunningLoad {
    const now = Date.now()
    const load = {
      id: ++this.#lastId,
      ...demand,
      started_at: new Date(now).toISOString(),
      ends_at: new Date(now + seconds * 1000).toISOString()
    }
    const worker = new Worker(new URL('./load-worker.ts', import.meta.url), { workerData: demand })
    const timer = setTimeout(() => void worker.terminate(), seconds * 1000)
    worker.once('error', this.#failed)
    worker.once('exit', () => {
      clearTimeout(timer)
      this.#running.delete(worker)
    })
    this.#running.set(worker, load)
    return load
  }

  list(): RunningLoad[] {
    return [...this.#running.values()]
  }

  async end(): Promise<number> {
    const workers = [...this.#running.keys()]
    await Promise.all(workers.map((worker) => worker.terminate()))
    return workers.length
  }
}
