import t from 'tap'
import type { ContainerSpec, Limits } from '../../../../src/engine/contract/containers.ts'
import { checkCan } from '../../../../src/engine/swarm/abilities.ts'

const NONE: Limits = { memoryBytes: 1, cpus: 1, pids: 1, nofile: null, storageBytes: null, ioWeight: null }
const spec: ContainerSpec = { image: 'app', env: {}, labels: {}, limits: NONE, restart: 'no', volumes: [], ports: [] }

t.test('settings that a service cannot have are refused', async (t) => {
  checkCan(spec)
  const limited = (limits: Partial<Limits>) => () => checkCan({ ...spec, limits: { ...NONE, ...limits } })
  t.throws(limited({ storageBytes: 1e9 }), { code: 'LIMIT_UNAVAILABLE', message: /storage/ })
  t.throws(limited({ ioWeight: 100 }), { code: 'LIMIT_UNAVAILABLE', message: /block I\/O/ })
  t.throws(() => checkCan({ ...spec, runtime: 'runsc' }), { code: 'RUNTIME_UNAVAILABLE' })
})
