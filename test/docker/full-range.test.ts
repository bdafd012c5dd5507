// The whole range in use. It takes minutes and most of the machine, so it runs only with BERTH_TEST_FULL=1.
// BERTH_TEST_RANGE=20001-20999 moves it to unused ports.

import { readFileSync } from 'node:fs'
import t from 'tap'
import type { Container } from '../../src/containers/schemas.ts'
import { answerOf, eventually, inBatches } from '../helpers/engine.ts'
import { hostPort, startServer } from '../helpers/server.ts'

const [first = 8001, last = 8999] = (process.env.BERTH_TEST_RANGE ?? '8001-8999').split('-').map(Number)
const ALL = last - first + 1
const MOST_MEMORY_MB = 200
const AT_ONCE = 16

t.test(
  `${ALL} containers on ${ALL} ports`,
  { skip: !process.env.BERTH_TEST_FULL && 'BERTH_TEST_FULL=1' },
  async (t) => {
    const server = await startServer(t, { ports: { first, last }, env: { LOG_LEVEL: 'info' } })
    const memory = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))?.[1]) / 1024
    const figures: Record<string, number> = { 'MB at the start': memory() }
    const measure = async <T>(name: string, task: () => Promise<T>): Promise<T> => {
      const began = performance.now()
      const result = await task()
      figures[name] = performance.now() - began
      return result
    }

    const made: Container[] = []
    const refused: string[] = []
    await measure(`ms for ${ALL} creates`, () =>
      inBatches(
        Array.from({ length: ALL }, (_none, index) => index),
        async () => {
          const { status, body, text } = await server.create({ memory: 16 * 1024 ** 2 })
          if (status === 201) made.push(body)
          else refused.push(`${status} ${text.slice(0, 300)}`)
        },
        AT_ONCE
      )
    )
    t.same(refused, [], 'no call fails')
    const ports = made.map(hostPort)
    t.equal(new Set(ports).size, ALL, 'all ports differ')
    figures['MB with all running'] = memory()

    const more = await measure('ms to refuse one more', () => server.create())
    t.match(more, { status: 409, body: { code: 'PORT_RANGE_EXHAUSTED', counts: { bound: ALL, free: 0 } } })

    const wrong: string[] = []
    await measure('ms to ask every port', () =>
      inBatches(made, async (container) => {
        const port = hostPort(container)
        const answer = await eventually(() => answerOf(port)).catch(String)
        if (answer === String(port)) return
        const { text } = await server.get(`/containers/${container.id}`)
        wrong.push(`${port}: ${answer}; ${text}`)
      })
    )
    t.same(wrong, [], 'each port answers from its own container')

    const listed = await measure('ms for the list', () => server.get<Container[]>('/containers'))
    t.ok(listed.body.length >= ALL)
    t.equal((await measure('ms for the ports', server.portOverview)).counts.bound, ALL)
    t.equal((await server.inEngine()).length, ALL, 'there is nothing else')

    await server.kill()
    await measure('ms from a kill to all known again', async () => {
      await server.start()
      t.equal((await server.portOverview()).counts.bound, ALL)
    })
    const [gone] = made
    await server.delete(`/containers/${gone?.id}?force=true`)
    const next = await server.create()
    t.equal(next.status, 201, 'a removed container makes room for one')
    t.equal(hostPort(next.body), hostPort(gone!))
    figures['MB at the end'] = memory()
    const most = Math.max(...Object.entries(figures).map(([name, value]) => (name.startsWith('MB') ? value : 0)))
    t.ok(most < MOST_MEMORY_MB, `the server used ${Math.round(most)} MB`)

    const rest = (await server.inEngine()).map(({ Id }) => Id)
    await measure(`ms for ${ALL} removals`, () =>
      inBatches(
        rest,
        async (id) => {
          const { status, text } = await server.delete(`/containers/${id}?force=true`)
          if (status !== 200) t.fail(text)
        },
        AT_ONCE
      )
    )
    t.match((await server.portOverview()).counts, { free: ALL, bound: 0, parked: 0, leased: 0 })
    for (const [name, value] of Object.entries(figures)) t.comment(`${name}: ${Math.round(value)}`)
  }
)
