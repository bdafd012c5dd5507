// All containers of the server: read once, then updated by events.

import { computed, signal } from '@preact/signals'
import { ask, problemFrom } from '../api/client.ts'
import type { Container, Problem } from '../../../client/api.ts'
import { onEvent, soon } from './feed.ts'

export const containers = signal<Container[] | undefined>(undefined)
export const listProblem = signal<Problem | undefined>(undefined)

export const byId = computed(() => {
  const found = new Map<string, Container>()
  for (const each of containers.value ?? []) found.set(each.id, each).set(each.full_id, each)
  for (const each of containers.value ?? []) found.set(each.name, each)
  return found
})

/** When each cell last changed, by `id field`, for the fading highlight. */
export const changes = new Map<string, number>()
const WATCHED = ['state', 'health', 'name', 'image', 'url'] as const
/** The page reads more than this many at once as a list. */
const FEW = 8

export async function loadContainers(): Promise<void> {
  try {
    replaceAll(await ask('listContainers', {}))
    listProblem.value = undefined
  } catch (error) {
    listProblem.value = problemFrom(error)
  }
}

function replaceAll(next: Container[]): void {
  const before = byId.value
  for (const each of next) note(before.get(each.id), each)
  containers.value = next
}

/** The result of an action is newer than the list. */
export function put(next: Container): void {
  const all = containers.value ?? []
  note(byId.value.get(next.id), next)
  const isKnown = all.some(({ id }) => id === next.id)
  containers.value = isKnown ? all.map((each) => (each.id === next.id ? next : each)) : [next, ...all]
}

export function drop(id: string): void {
  containers.value = containers.value?.filter((each) => each.id !== id)
}

function note(old: Container | undefined, next: Container): void {
  if (!old) return
  for (const field of WATCHED) if (old[field] !== next[field]) changes.set(`${next.id} ${field}`, Date.now())
}

export function watchContainers(): void {
  void loadContainers()
  const touched = new Set<string>()
  const readTouched = soon(() => {
    const ids = [...touched]
    touched.clear()
    if (ids.length > FEW) return void loadContainers()
    for (const id of ids) void readOne(id)
  })
  onEvent((event) => {
    if (event.type === 'resync' || event.type === 'engine.available') return void loadContainers()
    if (!event.type.startsWith('container.')) return
    const id = String(event['id'])
    if (event.type === 'container.removed') return drop(id)
    touched.add(id)
    readTouched()
  })
}

async function readOne(id: string): Promise<void> {
  try {
    put(await ask('getContainer', { id }))
  } catch {
    // It is gone already, or the next list says so.
    void loadContainers()
  }
}
