// Kills the server at every engine call of an operation, one after the other, and checks the leftovers each time.
//
// With BERTH_TEST_FULL=1 it kills before and after every call, otherwise before the first change and after each change: a
// call that only reads does not change the engine.

import type { Test } from 'tap'
import type { Container } from '../../src/containers/schemas.ts'
import { eventually } from './engine.ts'
import type { Call, FaultProxy, Moment } from './fault-proxy.ts'
import type { Server } from './server.ts'

const isFull = Boolean(process.env.BERTH_TEST_FULL)

/** An operation cannot break at other calls, such as pings, events and lists. */
const STEPS = isFull ? /^(POST|DELETE) |^GET \/(images|containers)\/(?!json).+\/json$/ : /^(POST|DELETE) /

export type CrashPoint = { step: number; moment: Moment; call: string }

/**
 * `operate` prepares, then calls `arm` and runs the operation to interrupt. `check` examines the leftovers once the server
 * is back. It ends when the operation has no further step, and returns the points of the kills.
 */
export async function killAtEachCall(
  { server, proxy }: { server: Server; proxy: FaultProxy },
  operate: (arm: () => void) => Promise<void>,
  check: (point: CrashPoint) => Promise<void>
): Promise<CrashPoint[]> {
  const points: CrashPoint[] = []
  for (let step = 1; ; step++) {
    for (const moment of isFull || step === 1 ? (['before', 'after'] as const) : (['after'] as const)) {
      const calls: Call[] = []
      const answered = new Set<Call>()
      let point: CrashPoint | undefined
      const onCall = async (call: Call, now: Moment) => {
        const text = `${call.method} ${call.path}`
        if (!STEPS.test(text) || point) return
        if (now === 'before') calls.push(call)
        else answered.add(call)
        if (now !== moment || calls.indexOf(call) !== step - 1) return
        point = { step, moment, call: text.replaceAll(/[0-9a-f]{12,64}/g, 'ID') }
        await server.kill('SIGKILL')
        return 'drop' as const
      }
      await operate(() => proxy.onCall(onCall)).catch((error: unknown) => {
        if (!point) throw error
      })
      await eventually(() => {
        if (!point && answered.size < calls.length) throw new Error('the operation ended before its calls')
      })
      proxy.onCall(undefined)
      if (!point) return points
      points.push(point)
      await server.start()
      await check(point)
    }
  }
}

/** Asserts that it was killed at all of these points, or in full at no fewer than the given number. */
export function killedAt(t: Test, points: CrashPoint[], wanted: string[], leastInFull: number): void {
  const found = points.map(({ moment, call }) => `${moment} ${call}`)
  if (!isFull) return void t.strictSame(found, wanted)
  t.comment(found.join('; '))
  t.ok(found.length >= leastInFull, `killed at ${found.length} points`)
}

/** Fails while server and engine differ, or any resource is half-made. */
async function agreesWithEngine(server: Server): Promise<void> {
  const there = await server.inEngine()
  const halfMade = there.filter(
    ({ State, Labels, Names }) =>
      (State === 'created' && Labels['io.berth.start'] === 'true') || Names.some((name) => name.endsWith('newcomer'))
  )
  if (halfMade.length > 0) throw new Error(`half-made: ${halfMade.map(({ Names, State }) => `${Names} ${State}`)}`)

  const known = (await server.get<Container[]>(`/containers?label=berth.test=${server.mark}`)).body
  const inEngine = there.map(({ Id, State, Names }) => `${Id} ${State} ${Names[0]?.slice(1)}`).sort()
  const inServer = known.map((container) => `${container.full_id} ${container.state} ${container.name}`).sort()
  if (String(inEngine) !== String(inServer)) throw new Error(`engine has ${inEngine}; server has ${inServer}`)

  const { counts, ports } = await server.portOverview()
  if (counts.leased > 0) throw new Error(`${counts.leased} ports are leased`)
  const ours = new Map(there.map((container) => [container.Id.slice(0, 12), container]))
  const held = ports.filter(({ holder }) => holder && ours.has(holder.id))
  const bound = held.filter(({ state }) => state === 'bound').map(({ port }) => port)
  // Podman lists the ports of stopped containers, too.
  const running = there.filter(({ State }) => State !== 'exited' && State !== 'created')
  const published = running.flatMap(({ Ports }) => Ports.map(({ PublicPort }) => PublicPort)).sort()
  if (String(bound) !== String([...new Set(published)])) throw new Error(`bound ${bound}; published ${published}`)
  for (const { port, state, holder } of held) {
    const isRunning = ours.get(holder?.id ?? '')?.State === 'running'
    if (isRunning !== (state === 'bound')) throw new Error(`${port} is ${state}, and its container does not fit`)
  }
}

export const untilItAgrees = (server: Server) => eventually(() => agreesWithEngine(server))
