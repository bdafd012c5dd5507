// Statistics of all running containers, once a second, while a view shows them; a minute of each for the small curves.

import { signal } from '@preact/signals'
import { ask } from '../api/client.ts'
import { follow } from '../api/stream.ts'
import type { AllStats, ContainerStats } from '../../../client/api.ts'

export type Curve = { cpu: number[]; memory: number[] }

export const latest = new Map<string, ContainerStats>()
export const curves = new Map<string, Curve>()
/** Increments with each second of samples. */
export const tick = signal(0)

const POINTS = 60
/** Keeps the stream while the user switches views. */
const LINGER_MS = 3_000
let viewers = 0
let isOpen = false
let stop = () => {}

function take({ containers }: AllStats): void {
  latest.clear()
  for (const each of containers) {
    latest.set(each.container_id, each)
    const curve = curves.get(each.container_id) ?? { cpu: [], memory: [] }
    curves.set(each.container_id, curve)
    push(curve.cpu, each.cpu_percent)
    push(curve.memory, each.memory_bytes)
  }
  for (const id of curves.keys()) if (!latest.has(id)) forget(id)
  tick.value++
}

function forget(id: string): void {
  curves.delete(id)
  seeding.delete(id)
}

function push(points: number[], value: number): void {
  points.push(value)
  if (points.length > POINTS) points.shift()
}

const seeding = new Set<string>()
let queue = Promise.resolve()

/** Loads the last minute from the server, one container after the other. */
export function seedCurve(id: string): void {
  if (seeding.has(id)) return
  seeding.add(id)
  queue = queue.then(async () => {
    const { points } = await ask('getContainerStatsHistory', { id, seconds: POINTS }).catch(() => ({ points: [] }))
    const curve = curves.get(id)
    if (!curve) return void seeding.delete(id)
    const fresh = curve.cpu.length
    const older = points.slice(0, Math.max(0, points.length - fresh))
    curve.cpu = [...older.map((point) => point.cpu_percent), ...curve.cpu].slice(-POINTS)
    curve.memory = [...older.map((point) => point.memory_bytes), ...curve.memory].slice(-POINTS)
  })
}

/** Follows them until the caller calls the returned function. Viewers share one stream. */
export function viewStats(): () => void {
  viewers++
  if (!isOpen) {
    isOpen = true
    stop = follow('/stats/stream', {
      onMessage: (name, data) => {
        if (name === 'stats') take(data as AllStats)
      }
    })
  }
  return () => {
    viewers--
    setTimeout(() => {
      if (viewers > 0) return
      stop()
      stop = () => {}
      isOpen = false
      for (const id of curves.keys()) forget(id)
    }, LINGER_MS)
  }
}
