// The role of an engine in its Swarm.

import { Type } from '@sinclair/typebox'
import type { Connection } from '../docker/connection.ts'
import { request } from '../docker/request.ts'
import { createReader, maybe } from '../docker/schemas/schema.ts'

const Info = Type.Object({
  Swarm: maybe(Type.Object({ NodeID: maybe(Type.String()), ControlAvailable: maybe(Type.Boolean()) }))
})

const TIMEOUT_MS = 10_000

export const membershipQuestion = {
  method: 'GET',
  path: '/info',
  what: 'describe itself',
  answer: createReader(Info)
} as const

/** Whether it manages a Swarm now. */
export async function isManager(connection: Pick<Connection, 'client'>): Promise<boolean> {
  const { Swarm: swarm } = await request(connection.client(), { ...membershipQuestion, timeoutMs: TIMEOUT_MS })
  return swarm?.ControlAvailable ?? false
}
