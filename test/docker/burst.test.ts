// Many creates at once into a range that has too few ports. BERTH_TEST_FULL=1 runs it at full size.

import t from 'tap'
import { answerOf, eventually, inBatches, listenOn, runForeign } from '../helpers/engine.ts'
import { hostPort, portsOf, startServer } from '../helpers/server.ts'

const size = process.env.BERTH_TEST_FULL
  ? { creates: 200, ports: 150, listeners: 20, foreign: 10 }
  : { creates: 40, ports: 30, listeners: 4, foreign: 2 }

t.test(`${size.creates} concurrent creates into ${size.ports} ports, some of them taken by others`, async (t) => {
  const ports = portsOf('burst', size.ports)
  const taken = new Set<number>()
  for (let index = 0; index < size.listeners + size.foreign; index++) {
    const port = ports.first + Math.floor((index * size.ports) / (size.listeners + size.foreign))
    taken.add(port)
    if (index % 3 === 1 && index / 3 < size.foreign) await runForeign(t, { port })
    else await listenOn(t, port)
  }
  const server = await startServer(t, { ports, env: { LOG_LEVEL: 'info' } })
  const wanted = size.ports - size.listeners - size.foreign

  const started = performance.now()
  const answers = await Promise.all(Array.from({ length: size.creates }, () => server.create()))
  t.comment(`${size.creates} answers in ${Math.round(performance.now() - started)} ms`)

  const made = answers.filter(({ status }) => status === 201)
  t.equal(made.length, wanted, 'as many as there are ports')
  t.same(
    [...new Set(answers.map(({ status, body }) => `${status} ${body.code ?? ''}`.trim()))].sort(),
    ['201', '409 PORT_RANGE_EXHAUSTED'],
    'and every other answer is one of these'
  )
  const given = made.map(({ body }) => hostPort(body))
  t.equal(new Set(given).size, wanted, 'no port twice')
  t.notOk(
    given.some((port) => taken.has(port)),
    'none that others hold'
  )
  await inBatches(given, async (port) => {
    const answer = await eventually(() => answerOf(port))
    if (answer !== String(port)) t.fail(`on ${port} answers ${answer}`)
  })

  const there = await server.inEngine()
  t.same(there.map(({ Id }) => Id).sort(), made.map(({ body }) => body.full_id).sort(), 'nothing is left of the others')
  const { counts } = await server.portOverview()
  t.match(counts, { free: 0, leased: 0, parked: 0, bound: wanted + size.foreign, blocked: size.listeners })

  const removals = await Promise.all(made.map(({ body }) => server.delete(`/containers/${body.id}?force=true`)))
  t.ok(removals.every(({ status }) => status === 200))
  t.match((await server.portOverview()).counts, { free: wanted, leased: 0, bound: size.foreign })
  t.equal((await server.inEngine()).length, 0)
})
