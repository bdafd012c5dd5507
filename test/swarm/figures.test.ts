// Figures of docs/swarm.md, at full size only: they are comments of this test. What it asserts is far looser.

import t from 'tap'
import type { Container } from '../../src/containers/schemas.ts'
import { eventually, IMAGE, inBatches } from '../helpers/engine.ts'
import { WORKLOAD } from '../helpers/server.ts'
import { noSwarm, startLab } from './lab.ts'
import { createServiceHelpers, startSwarmServer } from './server.ts'

const isFull = process.env.BERTH_TEST_FULL === '1'
const SERVICES = 1_000
const READS = 50

const median = (values: number[]) => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0

t.test('figures of a Swarm', { skip: noSwarm || (!isFull && 'at full size') }, async (t) => {
  const lab = startLab(t, { nodes: 3 })
  const { engine } = lab.manager
  const server = await startSwarmServer(t, lab)
  const { answers } = createServiceHelpers(server)

  await t.test('a workload of a lost node answers soon after Swarm runs it again', async (t) => {
    await server.post(`/nodes/${lab.manager.name}/drain`)
    const took: number[] = []
    for (let round = 0; round < 5; round++) {
      const { body, status, text } = await server.create({ name: 'moved', command: WORKLOAD, wait: 'port' })
      t.equal(status, 201, text)
      const first = lab.at(body.node?.address ?? '')
      lab.kill(first)
      const [running, answering] = await Promise.all([
        eventually(async () => {
          const tasks = (await engine.listTasks({ filters: { service: ['moved'] } })) as {
            NodeID?: string
            Status: { State: string }
          }[]
          if (!tasks.some((task) => task.Status.State === 'running' && task.NodeID !== body.node?.id))
            throw new Error('not yet')
          return performance.now()
        }, 180_000),
        eventually(async () => {
          const { body: now } = await server.get<Container>('/containers/moved')
          if (!now.node || now.node.id === body.node?.id) throw new Error('not yet')
          await answers('moved')
          return performance.now()
        }, 180_000)
      ])
      took.push(Math.round(answering - running))
      await server.delete('/containers/moved?force=true')
      lab.start(first)
      await eventually(async () => {
        const { body: nodes } = await server.get<{ state: string }[]>('/nodes')
        if (nodes.some(({ state }) => state !== 'ready')) throw new Error('not all are ready')
      }, 180_000)
    }
    t.comment(`answers ${took.join(', ')} ms after Swarm shows it as running, of ${took.length} lost nodes`)
    t.ok(median(took) < 10_000)
    await server.post(`/nodes/${lab.manager.name}/activate`)
  })

  await t.test(`${SERVICES} services are listed from memory`, async (t) => {
    const began = performance.now()
    await inBatches(
      Array.from({ length: SERVICES }, (_none, index) => index),
      async (index) => {
        await engine.createService({
          Name: `many-${index}`,
          TaskTemplate: { ContainerSpec: { Image: IMAGE, Command: ['sleep', '3600'] } },
          Mode: { Replicated: { Replicas: 0 } }
        })
      }
    )
    t.comment(`made in ${Math.round(performance.now() - began)} ms`)
    await server.kill()
    const started = performance.now()
    await server.start()
    await eventually(async () => {
      const { body } = await server.get<Container[]>('/containers')
      if (body.length !== SERVICES) throw new Error(`${body.length} are known`)
    }, 180_000)
    t.comment(`all known ${Math.round(performance.now() - started)} ms after the start of the server`)
    const took: number[] = []
    for (let read = 0; read < READS; read++) {
      const since = performance.now()
      await server.get('/containers')
      took.push(performance.now() - since)
    }
    t.comment(`listed in ${median(took).toFixed(1)} ms, median of ${READS}`)
    t.ok(median(took) < 2_000)
  })
})
