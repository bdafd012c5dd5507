// The last minutes of one container in one flat array of numbers. As objects, five minutes of a thousand containers would
// take some hundred megabytes instead of twenty.

import type { Sample } from './calculate.ts'

const FIELDS = [
  'sampledAt',
  'readAt',
  'cpuPercent',
  'memoryBytes',
  'rxPerSecond',
  'txPerSecond',
  'readPerSecond',
  'writePerSecond',
  'pids'
] as const

export const HISTORY_SECONDS = 300

export type Point = Record<(typeof FIELDS)[number], number>

export class History {
  readonly #values: Float64Array
  readonly #capacity: number
  #pushed = 0

  constructor(capacity: number) {
    this.#capacity = capacity
    this.#values = new Float64Array(capacity * FIELDS.length)
  }

  push(sample: Sample): void {
    const point = pointOf(sample)
    const start = (this.#pushed++ % this.#capacity) * FIELDS.length
    for (const [offset, field] of FIELDS.entries()) this.#values[start + offset] = point[field]
  }

  /** Oldest first. */
  points(): Point[] {
    const points: Point[] = []
    for (let index = Math.max(0, this.#pushed - this.#capacity); index < this.#pushed; index++) {
      const start = (index % this.#capacity) * FIELDS.length
      const values = FIELDS.map((field, offset) => [field, this.#values[start + offset] ?? Number.NaN])
      points.push(Object.fromEntries(values) as Point)
    }
    return points
  }
}

function pointOf({ sampledAt, memoryBytes, rates, counters }: Sample): Point {
  const { cpuPercent, rxPerSecond, txPerSecond, readPerSecond, writePerSecond } = rates
  const { readAt, pids } = counters
  return { sampledAt, readAt, cpuPercent, memoryBytes, rxPerSecond, txPerSecond, readPerSecond, writePerSecond, pids }
}
