// Two independent servers share an engine and a range. BERTH_TEST_FULL=1 runs it at full size.

import t from 'tap'
import { askPort, eventually, inBatches } from '../helpers/engine.ts'
import { hostPort, portsOf, startServer } from '../helpers/server.ts'

const EACH = process.env.BERTH_TEST_FULL ? 100 : 15

t.test(`two servers create ${EACH} containers each at the same time, with just as many ports`, async (t) => {
  const ports = portsOf('twoServers', 2 * EACH)
  const servers = await Promise.all([1, 2].map(() => startServer(t, { ports, env: { LOG_LEVEL: 'info' } })))
  const started = performance.now()
  const answers = await Promise.all(
    servers.flatMap((server) => Array.from({ length: EACH }, () => server.create({ wait: 'port' })))
  )
  t.comment(`${2 * EACH} answers in ${Math.round(performance.now() - started)} ms`)
  const refused = answers.filter(({ status }) => status !== 201)
  t.same(
    refused.map(({ status, body }) => `${status} ${body.code}`),
    [],
    'all succeed'
  )
  const given = answers.filter(({ status }) => status === 201).map(({ body }) => hostPort(body))
  t.equal(new Set(given).size, given.length, 'no port twice')
  await inBatches(given, async (port) => t.equal(await askPort(port), String(port)))

  for (const server of servers) {
    t.equal((await server.inEngine()).length, EACH, 'failed attempts leave nothing')
    await eventually(async () => {
      const { counts } = await server.portOverview()
      if (counts.bound !== 2 * EACH || counts.free !== 0) throw new Error(JSON.stringify(counts))
    })
  }
})
