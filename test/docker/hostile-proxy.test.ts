// Every call of Berth to the engine, with every fault. `npm test` plays a few rounds, and `npm run test:faults` all of
// them. BERTH_TEST_ROUNDS names some, separated by semicolons: "create / cut body".

import t from 'tap'
import { chooseRounds, nameOf, table } from '../helpers/rounds/choose.ts'
import { play, type RoundResult } from '../helpers/rounds/round.ts'
import { makeWorld, type World } from '../helpers/rounds/world.ts'
import { portsOf } from '../helpers/server.ts'

const wanted = process.env.BERTH_TEST_ROUNDS ?? 'short'
const rounds = chooseRounds(wanted)
const lanes = Math.min(rounds.length, Number(process.env.BERTH_TEST_LANES ?? 3))
const ports = portsOf('hostileProxy')
const results: RoundResult[] = []

t.test(`${rounds.length} rounds with a hostile proxy`, async (t) => {
  const rest = [...rounds]
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      let world: World | undefined
      for (let round = rest.shift(); round; round = rest.shift()) {
        world ??= await makeWorld(t, { ports })
        const result = await play(world, round.scenario, round.fault, round.extent)
        results.push(result)
        t.equal(result.problem, undefined, nameOf(round))
        if (wanted !== 'short') process.stdout.write(describe(result, rounds.length))
        // A failed round must not fail the next one.
        if (result.problem !== undefined) world = void (await world.server.kill())
      }
    })
  )
  if (wanted !== 'short') process.stdout.write(`\n${table(results)}\n\n`)
})

function describe({ name, problem, status, tookMs }: RoundResult, of: number): string {
  const line = `${results.length}/${of} ${problem === undefined ? 'ok  ' : 'FAIL'} ${name}: ${status} in ${Math.round(tookMs)} ms`
  if (problem === undefined) return `${line}\n`
  return `${line}\n  ${problem}\n  again: BERTH_TEST_ROUNDS="${name}" npm run test:faults\n`
}
