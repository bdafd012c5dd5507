// Actions on containers, from anywhere in the page. A removal is delayed, so it can be undone.

import { signal } from '@preact/signals'
import { ask } from '../api/client.ts'
import type { Container } from '../../../client/api.ts'
import { plural } from '../../../lib/format.ts'
import { byId, drop, put } from './containers.ts'
import { dismiss, say, sayProblem } from './toasts.ts'

export type Verb = 'start' | 'stop' | 'restart' | 'pause' | 'unpause'

/** Containers with a running action, and those with a delayed removal. */
export const busy = signal<ReadonlySet<string>>(new Set())
export const leaving = signal<ReadonlySet<string>>(new Set())

const CALLS = {
  start: 'startContainer',
  stop: 'stopContainer',
  restart: 'restartContainer',
  pause: 'pauseContainer',
  unpause: 'unpauseContainer'
} as const
const DONE = { start: 'Started', stop: 'Stopped', restart: 'Restarted', pause: 'Paused', unpause: 'Resumed' }
const BACK: Partial<Record<Verb, Verb>> = { start: 'stop', stop: 'start', pause: 'unpause', unpause: 'pause' }
const UNDO_MS = 5_000

/** The server changes only its own containers. */
export function verbsFor({ state, managed }: Container): Verb[] {
  if (!managed) return []
  if (state === 'running') return ['stop', 'restart', 'pause']
  if (state === 'paused') return ['unpause', 'stop']
  return state === 'restarting' ? ['stop'] : ['start']
}

export async function act(verb: Verb, targets: Container[]): Promise<void> {
  mark(busy, targets, true)
  const done = await Promise.all(targets.map((each) => one(verb, each)))
  mark(busy, targets, false)
  const changed = done.filter((each) => each !== undefined)
  if (changed.length === 0) return
  const back = BACK[verb]
  say(`${DONE[verb]} ${nameOf(changed)}`, back && (() => void act(back, changed)))
}

async function one(verb: Verb, { id, name }: Container): Promise<Container | undefined> {
  try {
    const answer = await ask(CALLS[verb], { id })
    // A start may replace a stopped container that lost its port.
    if (answer.replaced !== undefined) drop(id)
    put(answer)
    return answer
  } catch (error) {
    sayProblem(`${name}: ${verb} was refused`, error)
    return undefined
  }
}

export function remove(targets: Container[]): void {
  mark(leaving, targets, true)
  const notice = say(`Removing ${nameOf(targets)}`, () => {
    clearTimeout(timer)
    mark(leaving, targets, false)
  })
  const timer = setTimeout(() => {
    dismiss(notice)
    void Promise.all(targets.map(removeOne)).then(() => mark(leaving, targets, false))
  }, UNDO_MS)
}

async function removeOne({ id, name }: Container): Promise<void> {
  try {
    const isRunning = byId.value.get(id)?.state !== 'exited'
    await ask('removeContainer', { id, ...(isRunning && { force: true }) })
    drop(id)
  } catch (error) {
    sayProblem(`${name}: the removal was refused`, error)
  }
}

function mark(set: typeof busy, targets: Container[], isIn: boolean): void {
  const next = new Set(set.value)
  for (const { id } of targets) {
    if (isIn) next.add(id)
    else next.delete(id)
  }
  set.value = next
}

const nameOf = (targets: Container[]): string =>
  targets.length === 1 ? (targets[0]?.name ?? '') : plural(targets.length, 'container')
