// Random requests of several clients to two servers on one engine, with faults, against the model in
// helpers/model/model.ts. `npm test` runs it for a minute. BERTH_TEST_MINUTES sets another time (`npm run test:model`),
// BERTH_TEST_SEED repeats one epoch.

import t from 'tap'
import { playEpoch } from '../helpers/model/epoch.ts'
import { planEpoch } from '../helpers/model/plan.ts'
import { makeWorld } from '../helpers/model/world.ts'
import { portsOf } from '../helpers/server.ts'

const minutes = Number(process.env.BERTH_TEST_MINUTES ?? 1)
const wanted = process.env.BERTH_TEST_SEED
const first = Number(wanted ?? Date.now() % 1_000_000_000)
const end = performance.now() + (wanted === undefined ? minutes * 60_000 : 0)

t.test(`the model allows every answer and effect of the servers, from seed ${first}`, async (t) => {
  const world = await makeWorld(t, portsOf('model'))
  const total = { epochs: 0, operations: 0, uncertain: 0 }
  let seed = first
  do {
    const plan = planEpoch(seed, world.possible)
    try {
      const { operations, uncertain } = await playEpoch(world, plan)
      total.epochs++
      total.operations += operations
      total.uncertain += uncertain
      if (minutes !== 1)
        process.stdout.write(`seed ${seed}, ${plan.trouble}: ${operations} operations, ${uncertain} uncertain\n`)
    } catch (error) {
      t.fail(`seed ${seed} (${plan.trouble}), again with BERTH_TEST_SEED=${seed} npm run test:model: ${error}`)
      return
    }
    seed++
  } while (performance.now() < end)
  t.pass(`${total.epochs} epochs, ${total.operations} operations, ${total.uncertain} of them with an uncertain answer`)
})
