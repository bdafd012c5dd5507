// The subject of the contract: an engine, and helpers for actions that Berth itself never requests.

import { randomBytes } from 'node:crypto'
import type { Test } from 'tap'
import type { ContainerSpec } from '../../../src/engine/contract/containers.ts'
import type { Engine } from '../../../src/engine/contract/engine.ts'

/** Abilities that some engines lack. */
export type Ability =
  | 'tell the owners of files'
  | 'read a link as a link'
  | 'take names of any bytes'
  | 'keep read-only what is mounted so'
  | 'label the volumes of a create'
  | 'keep a network that is in use'
  | 'keep a volume that is in use'
  | 'rename, pause and commit'
  | 'publish on one address'
  | 'give one port to several that do not run'
  | 'tell process ids'
  | 'keep the output of a stopped container'
  | 'hold files while it does not run'

export type Subject = {
  engine: Engine
  /** An image of the engine, with a shell. */
  image: string
  /** Carried by every resource of the test, so that it can be found and removed. */
  label: { name: string; value: string }
  pause(id: string): Promise<void>
  /** Makes its workload write a line. */
  write(id: string, text: string): Promise<void>
  /** An unused host port. */
  port(): number
  /** The abilities that it lacks, and its behaviour. */
  lacks?: Partial<Record<Ability, string>>
}

const LIMITS = { memoryBytes: 64 * 1024 ** 2, cpus: 0.5, pids: 50, nofile: null, storageBytes: null, ioWeight: null }

export const nameFor = (what: string): string => `contract-${what}-${randomBytes(4).toString('hex')}`

export function specFor({ image, label }: Subject, given: Partial<ContainerSpec> = {}): ContainerSpec {
  return {
    image,
    env: {},
    labels: { [label.name]: label.value },
    command: ['sleep', '3600'],
    limits: LIMITS,
    restart: 'no',
    volumes: [],
    stopTimeoutSeconds: 0,
    ports: [],
    ...given
  }
}

/** A container that is removed with the test. */
export async function make(
  t: Test,
  subject: Subject,
  { name = nameFor('one'), start = true, ...given }: Partial<ContainerSpec> & { name?: string; start?: boolean } = {}
): Promise<{ id: string; name: string }> {
  const { engine } = subject
  const { id } = await engine.createContainer(name, specFor(subject, given))
  t.teardown(() => engine.removeContainer(id, { force: true, volumes: true }))
  if (start) await engine.startContainer(id)
  return { id, name }
}

/** The current state of the container; the test fails if there is none. */
export async function look({ engine }: Subject, id: string) {
  const record = await engine.inspectContainer(id)
  if (!record) throw new Error(`there is no container ${id}`)
  return record
}
