// One server behind a hostile proxy, with resources of its own to lose and foreign ones that it must not touch.

import type Docker from 'dockerode'
import type { Test } from 'tap'
import type { Container } from '../../../src/containers/schemas.ts'
import { connect, eventually, ignoreMissing, IMAGE, SOCKET } from '../engine.ts'
import { startFaultProxy, type Call } from '../fault-proxy.ts'
import { prepareImage } from '../images.ts'
import { SLEEPER, startServer, unique, type Range } from '../server.ts'

/** Short, so that rounds that wait for it are short, but long enough for an engine on a busy machine. */
export const ENGINE_TIMEOUT_SECONDS = Number(process.env.BERTH_TEST_ENGINE_SECONDS ?? 12)
const HOUR = 3600

export type World = Awaited<ReturnType<typeof makeWorld>>

export async function makeWorld(
  t: Pick<Test, 'teardown' | 'passing'>,
  { ports, socket = SOCKET, env = {} }: { ports: Range; socket?: string; env?: Record<string, string> }
) {
  const engine = connect(socket)
  await prepareImage(engine)
  const foreign = await makeForeign(t, engine)
  const proxy = await startFaultProxy(t, socket, (call) => answerOfAnother(engine, foreign, call))
  const server = await startServer(t, {
    ports,
    socket: proxy.socket,
    engine,
    env: {
      BERTH_ENGINE_TIMEOUT_SECONDS: String(ENGINE_TIMEOUT_SECONDS),
      BERTH_STATS_SOURCE: 'engine',
      BERTH_EXEC: 'true',
      // The limits of a slow stream and of a silent build.
      BERTH_REGISTRY_TIMEOUT_SECONDS: '60',
      BERTH_BUILD_IDLE_SECONDS: '20',
      ...env
    }
  })
  const name = unique('kept')
  const key = { headers: { 'idempotency-key': name } }
  // A busy machine may need more than one attempt.
  const kept = await eventually(async () => {
    const answer = await server.create({ name, command: SLEEPER, ttl_seconds: 3 * HOUR }, key)
    if (answer.status >= 300) throw new Error(`the container to keep was not made: ${answer.text}`)
    return answer
  })
  // Its label says three hours, but the last change counts.
  const changed = await server.patch<Container>(`/containers/${kept.body.id}`, { ttl_seconds: 9 * HOUR })
  return { server, proxy, engine, foreign, kept: changed.body }
}

type Foreign = Awaited<ReturnType<typeof makeForeign>>

/** Resources of another client, on the same engine. */
async function makeForeign(t: Pick<Test, 'teardown'>, engine: Docker) {
  const name = unique('foreign')
  const container = await engine.createContainer({ name, Image: IMAGE, Cmd: SLEEPER, HostConfig: { Init: true } })
  await container.start()
  await engine.createVolume({ Name: name })
  const network = await engine.createNetwork({ Name: name })
  t.teardown(async () => {
    await ignoreMissing(container.remove({ force: true, v: true }))
    await ignoreMissing(network.remove())
    await ignoreMissing(engine.getVolume(name).remove())
  })
  return { name, containerId: container.id, networkId: network.id }
}

/** The engine's answer to a call about the foreign resources, which comes if two connections are mixed up. */
async function answerOfAnother(engine: Docker, foreign: Foreign, { method, path }: Call): Promise<Buffer> {
  const { name, containerId, networkId } = foreign
  const json = (value: unknown) => Buffer.from(`${JSON.stringify(value)}\n`)
  if (path === '/containers/json') return json(await engine.listContainers({ filters: { name: [name] } }))
  if (method === 'POST' && path === '/containers/create') return json({ Id: containerId, Warnings: [] })
  if (method === 'POST' && path === '/networks/create') return json({ Id: networkId, Warning: '' })
  if (path === '/networks') return json(await engine.listNetworks({ filters: { name: [name] } }))
  if (path === '/volumes') return json(await engine.listVolumes({ filters: JSON.stringify({ name: [name] }) }))
  if (path === '/volumes/create') return json(await engine.getVolume(name).inspect())
  return json(await engine.getContainer(containerId).inspect())
}
