// Selects and sorts the containers of the table. Pure.

import type { Container, ContainerStats } from '../../../../client/api.ts'

export type Sort = 'name' | 'state' | 'image' | 'port' | 'cpu' | 'memory' | 'owner' | 'age'
export type Filter = 'running' | 'stopped' | 'trouble' | 'managed'

export const FILTERS: { name: Filter; label: string; fits: (container: Container) => boolean }[] = [
  { name: 'running', label: 'Running', fits: ({ state }) => state === 'running' },
  { name: 'stopped', label: 'Stopped', fits: ({ state }) => ['exited', 'created', 'dead'].includes(state) },
  { name: 'trouble', label: 'Needs attention', fits: needsAttention },
  { name: 'managed', label: 'Created by Berth', fits: ({ managed }) => managed }
]

export function needsAttention({
  state,
  health,
  exit_code: exitCode,
  oom_killed: isOutOfMemory,
  restart_count: restarts
}: Container): boolean {
  if (health === 'unhealthy' || state === 'restarting' || state === 'dead') return true
  if (state === 'running') return restarts >= 3
  return state === 'exited' && (isOutOfMemory || (exitCode ?? 0) !== 0)
}

export function portOf({ url }: Container): number {
  return Number(url ? new URL(url).port : 0)
}

type Facts = {
  stats: ReadonlyMap<string, ContainerStats>
  ownerOf: (container: Container) => string
}
type Wanted = { search: string; filters: ReadonlySet<string>; sort: Sort; isDown: boolean }

export function rowsOf(
  all: readonly Container[],
  { search, filters, sort, isDown }: Wanted,
  facts: Facts
): Container[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean)
  const wanted = FILTERS.filter(({ name }) => filters.has(name))
  const rows = all.filter(
    (each) => wanted.every(({ fits }) => fits(each)) && words.every((word) => textOf(each).includes(word))
  )
  const key = keyOf(sort, facts)
  const sign = isDown ? -1 : 1
  return rows.toSorted((a, b) => sign * compare(key(a), key(b)) || compare(a.name, b.name))
}

function textOf({ name, image, id, url, team }: Container): string {
  return `${name} ${image} ${id} ${url ?? ''} ${team ?? ''}`.toLowerCase()
}

function keyOf(sort: Sort, { stats, ownerOf }: Facts): (container: Container) => string | number {
  switch (sort) {
    case 'port':
      return portOf
    case 'cpu':
      return ({ id }) => stats.get(id)?.cpu_percent ?? -1
    case 'memory':
      return ({ id }) => stats.get(id)?.memory_bytes ?? -1
    case 'owner':
      return ownerOf
    case 'age':
      return ({ created }) => -Date.parse(created)
    case 'name':
    case 'state':
    case 'image':
      return (container) => container[sort]
  }
}

function compare(a: string | number, b: string | number): number {
  return typeof a === 'number' && typeof b === 'number'
    ? a - b
    : String(a).localeCompare(String(b), 'en', { numeric: true })
}
