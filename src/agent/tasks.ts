// Whether a container is a task of Berth: a Swarm's task with Berth's label, and without rights that Berth gives to none.

import { Type, type Static } from '@sinclair/typebox'
import type { Client } from '../engine/docker/client.ts'
import { exchange, readBody } from '../engine/docker/exchange.ts'
import { Refusal } from '../engine/docker/failures.ts'
import { refusal } from '../engine/docker/request.ts'
import { createReader, Id, Labels, maybe, parseJson } from '../engine/docker/schemas/schema.ts'
import { readFacts } from '../engine/labels.ts'
import type { Call } from './calls.ts'
import type { Figures, Task } from './figures.ts'
import { createMemory } from './memory.ts'

const LOOK_MS = 10_000
const MAX_BYTES = 8 * 1024 ** 2
const TASK = 'com.docker.swarm.task.id'

const Container = Type.Object({
  Id,
  State: Type.Object({ Pid: Type.Number() }),
  Config: Type.Object({ Labels }),
  HostConfig: Type.Object({ Privileged: maybe(Type.Boolean()) }),
  Mounts: maybe(Type.Array(Type.Object({ Type: Type.String() })))
})
const readContainer = createReader(Container)
const readCommand = createReader(
  Type.Object({ ContainerID: Id, ProcessConfig: Type.Object({ privileged: maybe(Type.Boolean()) }) })
)

export function createTasks(client: Client, { forget }: Pick<Figures, 'forget'>) {
  // An id never refers to something else later, and labels and mounts do not change. Undefined: no task of Berth.
  const containers = createMemory<{ task: Task | undefined }>(forget)
  const commands = createMemory<Task>()

  async function inspect<T>(path: string, read: (json: unknown) => T): Promise<T> {
    const asked = { method: 'GET', path, timeoutMs: LOOK_MS } as const
    return exchange(client, asked, async (answer, { reading, piece }) => {
      reading()
      if (answer.statusCode !== 200) throw await refusal(answer, piece)
      return read(parseJson((await readBody(answer, MAX_BYTES, piece)).toString('utf8')))
    })
  }

  async function lookAt(id: string): Promise<Task> {
    const container = await inspect(`/containers/${id}/json`, readContainer)
    const isOurs = container.Id === id && isTask(container)
    const { task } = containers.keep(id, { task: isOurs ? { id, pid: container.State.Pid } : undefined })
    if (!task) throw notOurs()
    return task
  }

  async function container(id: string): Promise<Task> {
    const known = containers.get(id)
    if (!known) return lookAt(id)
    if (!known.task) throw notOurs()
    return known.task
  }

  async function command(id: string): Promise<Task> {
    const known = commands.get(id)
    if (known) return known
    const { ContainerID: containerId, ProcessConfig: process } = await inspect(`/exec/${id}/json`, readCommand)
    if (process.privileged === true) throw notOurs()
    return commands.keep(id, await container(containerId))
  }

  return {
    /** Fails if the subject of the call belongs to no task of Berth. Undefined if it is no container. */
    async of({ subject, id }: Pick<Call, 'subject' | 'id'>): Promise<Task | undefined> {
      if (subject === 'engine') return undefined
      return subject === 'command' ? command(id) : container(id)
    },

    /** The same, read again: a created container has no process yet. */
    renew: lookAt
  }
}

function isTask({ Config: config, HostConfig: host, Mounts: mounts }: Static<typeof Container>): boolean {
  const labels = config.Labels ?? {}
  const reachesOut = host.Privileged === true || (mounts ?? []).some(({ Type: type }) => type === 'bind')
  return Boolean(labels[TASK]) && readFacts(labels).managed && !reachesOut
}

const notOurs = (): Refusal => new Refusal(403, 'The agent of this node serves only tasks that Berth made.')
