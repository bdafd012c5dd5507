// What a scenario is made of, and the steps that several of them share.

import { eventually } from '../engine.ts'
import type { Answer, CreateBody } from '../server.ts'
import { SLEEPER } from '../server.ts'
import type { World } from './world.ts'

/** One round's own name for what it makes; the listener of a port that is taken away goes with it. */
export type Round = World & { name: string; signal: AbortSignal; undo: (() => Promise<void>)[] }
export type Told = Pick<Answer<unknown>, 'status' | 'text'>

export type Scenario = {
  /** What is done, and the call that goes wrong. */
  name: string
  method: string
  path: RegExp
  /** Before anything goes wrong. */
  prepare?: (round: Round) => Promise<unknown>
  act: (round: Round) => Promise<Told>
  /** With which status the same is answered, asked again when all is well. */
  again: number[]
  /** What the answer promised, seen at the engine. */
  promised?: (round: Round, answer: Told) => Promise<void>
}

const ID = '[0-9a-f]{64}'
export const containerPath = (verb = '') => new RegExp(`^/containers/${ID}${verb}$`)

export const create = (body: CreateBody = {}, headers: Record<string, string> = {}) => {
  return ({ server, name, signal }: Round) => server.create({ name, command: SLEEPER, ...body }, { headers, signal })
}

export async function made(round: Round, body: CreateBody = {}): Promise<void> {
  await eventually(async () => {
    const answer = await create(body)(round)
    if (answer.status !== 201) throw new Error(`not made: ${answer.text}`)
  })
}

export async function stopped(round: Round): Promise<void> {
  await made(round)
  await round.server.post(`/containers/${round.name}/stop?timeout=0`)
}

export const ask =
  (method: string, path: (name: string) => string, body?: (name: string) => unknown) =>
  ({ server, name, signal }: Round) =>
    server.request(method, path(name), { body: body?.(name), signal })

/** A container that was answered is there and runs; one that was refused is not, nor is its volume. */
export async function thereIfAnswered({ engine, name }: Round, { status }: Told): Promise<void> {
  const state = await stateOf({ engine, name })
  const { Volumes: volumes } = await engine.listVolumes({ filters: JSON.stringify({ name: [name] }) })
  if (status !== 201 && volumes.length > 0) throw new Error(`answered with ${status}, and its volume is there`)
  if (status === 201 && state !== 'running') throw new Error(`answered with 201, and it is ${state}`)
  if (status !== 201 && state !== undefined) throw new Error(`answered with ${status}, and it is there and ${state}`)
}

async function stateOf({ engine, name }: Pick<Round, 'engine' | 'name'>): Promise<string | undefined> {
  const found = await engine.listContainers({ all: true, filters: { name: [`^/${name}$`] } })
  return found[0]?.State
}

/** A success is a promise; a failure leaves it open whether the engine did it. */
export function stateIfAnswered(wanted: string | undefined) {
  return async (round: Round, { status }: Told) => {
    const state = await stateOf(round)
    if (status === 200 && state !== wanted) throw new Error(`answered with 200, and it is ${state}`)
  }
}
