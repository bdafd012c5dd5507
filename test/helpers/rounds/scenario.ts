// The parts of a scenario, and steps that several scenarios share.

import { eventually } from '../engine.ts'
import type { Answer, CreateBody } from '../server.ts'
import { SLEEPER } from '../server.ts'
import type { World } from './world.ts'

/** `name` is the round's own name for its resources. The listener on a taken port ends with the round. */
export type Round = World & { name: string; signal: AbortSignal; undo: (() => Promise<void>)[] }
export type Told = Pick<Answer<unknown>, 'status' | 'text'>

export type Scenario = {
  /** The request, and the call that fails. */
  name: string
  method: string
  path: RegExp
  /** Runs before the fault. */
  prepare?: (round: Round) => Promise<unknown>
  act: (round: Round) => Promise<Told>
  /** The allowed statuses of the repeated request, after the fault. */
  again: number[]
  /** Checks the promise of the answer at the engine. */
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

/** An acknowledged container exists and runs. A refused one and its volume do not exist. */
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

/** A success is a promise. A failure leaves open whether the engine acted. */
export function stateIfAnswered(wanted: string | undefined) {
  return async (round: Round, { status }: Told) => {
    const state = await stateOf(round)
    if (status === 200 && state !== wanted) throw new Error(`answered with 200, and it is ${state}`)
  }
}
