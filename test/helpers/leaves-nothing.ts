import type { Test } from 'tap'
import type { build } from './build.ts'

type Server = Pick<Awaited<ReturnType<typeof build>>, 'engine' | 'get' | 'store'>

/** A failed create leaves no container, no port, no volume and no row in the store. */
export async function leavesNothing(t: Test, { engine, get, store }: Server): Promise<void> {
  t.strictSame(engine.records(), [], 'no container')
  t.strictSame([...engine.volumes.keys()], [], 'no volume')
  const { counts } = (await get('/ports')).json()
  t.match(counts, { leased: 0, bound: 0, parked: 0 }, 'no port')
  t.strictSame(await store.intents.all(), [], 'no attempt')
  t.strictSame(await store.expiries.all(), [], 'no end date')
}
