import t from 'tap'
import { resolversIn } from '../../../src/engine/machine/resolvers.ts'
import { createWalls } from '../../../src/engine/machine/walls.ts'
import { createMemoryEngine } from '../../helpers/memory-engine.ts'
import { until } from '../../helpers/until.ts'

/** A machine that shows every bridge of the engine, and an obedient firewall. Tests can break both. */
function machine({ watchMs = 1_000_000 } = {}) {
  const engine = createMemoryEngine()
  const state = { mayRaise: true, stands: true, raised: 0, shows: true, said: [] as string[] }
  const walls = createWalls({
    engine,
    firewall: {
      async raise() {
        if (!state.mayRaise) throw new Error('iptables: Permission denied')
        state.raised++
        state.stands = true
      },
      stands: async () => state.stands
    },
    instanceId: 'here',
    interfaces: async () =>
      state.shows ? [...engine.networks.values()].map(({ bridge }) => `${bridge}: 0`).join('\n') : '',
    log: {
      warn: (_fields, message) => state.said.push(message),
      error: (_fields, message) => state.said.push(message)
    },
    watchMs
  })
  return { engine, state, walls }
}
const UNAVAILABLE = { code: 'ISOLATION_UNAVAILABLE' }

t.test('isolation holds once the rules are set and the engine creates its bridges here', async (t) => {
  const { engine, walls } = machine()
  t.throws(() => walls.check(), UNAVAILABLE)
  await walls.raise()
  walls.check()
  t.strictSame([...engine.networks.keys()], ['bridge', 'host'], 'the attempt left nothing')
})

t.test('reasons against isolation', async (t) => {
  const denied = machine()
  denied.state.mayRaise = false
  await t.rejects(denied.walls.raise(), /Permission denied/)
  t.throws(() => denied.walls.check(), { ...UNAVAILABLE, message: /Permission denied/ })

  const elsewhere = machine()
  elsewhere.state.shows = false
  await t.rejects(elsewhere.walls.raise(), /must run on its machine/)
  t.throws(() => elsewhere.walls.check(), UNAVAILABLE)
  t.strictSame([...elsewhere.engine.networks.keys()], ['bridge', 'host'])

  const podman = machine()
  const { status } = podman.engine
  podman.engine.status = () => ({ ...status(), name: 'Podman Engine' })
  await t.rejects(podman.walls.raise(), /Podman/)
})

t.test('an absent engine is checked when it appears', async (t) => {
  const { engine, walls } = machine()
  engine.goAway()
  await walls.raise()
  t.throws(() => walls.check(), UNAVAILABLE)
  walls.start()
  t.teardown(walls.stop)
  engine.comeBack()
  await until(() => isHeld(walls))
})

t.test('removed rules come back, and nothing is created until they do', async (t) => {
  const { state, walls } = machine({ watchMs: 5 })
  await walls.raise()
  walls.start()
  t.teardown(walls.stop)
  state.stands = false
  await until(() => state.raised === 2)
  t.match(state.said, [/changed by others/])
  state.mayRaise = false
  state.stands = false
  await until(() => !isHeld(walls))
  state.mayRaise = true
  await until(() => isHeld(walls))
})

function isHeld({ check }: ReturnType<typeof machine>['walls']): boolean {
  try {
    check()
    return true
  } catch {
    return false
  }
}

t.test('name servers that the engine queries from within a container', async (t) => {
  const text =
    '# nameserver 1.1.1.1\nnameserver 10.0.0.2\n  nameserver 127.0.0.53\nnameserver fd00::1\nsearch example.org\n'
  t.strictSame(resolversIn(text), ['10.0.0.2'])
})
