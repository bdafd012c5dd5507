// Two servers on two of three managers, with one PostgreSQL: a server is killed, and in full form managers are, too.

import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { makeFolder } from '../helpers/folder.ts'
import { startPostgres } from '../helpers/postgres.ts'
import { noSwarm, startLab } from './lab.ts'
import { startSwarmServer } from './server.ts'
import { twoServers } from './two-servers.ts'

const isFull = process.env.BERTH_TEST_FULL === '1'
const EACH = 100

t.test('a Swarm of three managers', { skip: noSwarm || (!isFull && 'at full size') }, async (t) => {
  const lab = startLab(t, { nodes: 3, managers: 3 })
  const postgres = await startPostgres(t)
  const url = await postgres.empty()
  const ports = { first: 8001, last: 8000 + 3 * EACH }
  const env = {
    BERTH_DATABASE_URL: url,
    BERTH_CHANGES_PER_SECOND: '0',
    LOG_LEVEL: 'info',
    BERTH_ENGINE_TIMEOUT_SECONDS: '600'
  }
  const dataDir = makeFolder('data')
  const survivor = await startSwarmServer(t, lab, { ports, env })
  copyFileSync(join(survivor.dataDir, 'secret.key'), join(dataDir, 'secret.key'))
  const victim = await startSwarmServer(t, lab, { ports, env, dataDir, manager: lab.nodes[1] })

  await t.test(`two servers create ${EACH} containers each, and one is killed meanwhile`, (t) =>
    twoServers(t, { lab, url, survivor, victim, each: EACH })
  )
})
