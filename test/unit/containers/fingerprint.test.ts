import t from 'tap'
import { fingerprintOf, isSameRequest } from '../../../src/containers/fingerprint.ts'
import type { CreateContainer } from '../../../src/containers/create-schema.ts'

const defaults = {
  defaultImage: 'app:1',
  memoryDefault: 512,
  cpusDefault: 1,
  pidsDefault: 256,
  nofileDefault: undefined,
  storageSizeDefault: undefined
}
const meantBy = (body: CreateContainer) => fingerprintOf(body, defaults).meant

t.test('the order of fields makes no difference', async (t) => {
  t.same(
    fingerprintOf({ name: 'web', env: { A: '1', B: '2' } }, defaults),
    fingerprintOf({ env: { B: '2', A: '1' }, name: 'web' }, defaults)
  )
})

t.test('a different meaning has a different hash', async (t) => {
  const different: CreateContainer[] = [
    {},
    { image: 'app:2' },
    { start: false },
    { memory: 513 },
    { ports: [] },
    { ports: [{ container_port: 80 }] },
    { ports: [{ container_port: 80, protocol: 'udp' }] },
    { env: { A: '1' } },
    { env: { A: '' } },
    { command: ['a', 'b'] },
    { command: ['b', 'a'] },
    { labels: { start: 'true' } },
    { volumes: [{ source: 'data', target: '/data', read_only: true }] }
  ]
  t.equal(new Set(different.map(meantBy)).size, different.length)
})

t.test('a changed default leaves a request that relies on it the same', async (t) => {
  t.equal(meantBy({ name: 'web' }), fingerprintOf({ name: 'web' }, { ...defaults, memoryDefault: 1024 }).meant)
})

t.test('a container carries the hash of the meaning, or from earlier versions of the wording', async (t) => {
  const asked = fingerprintOf({ start: true }, defaults)
  t.ok(isSameRequest(asked, meantBy({})))
  t.ok(isSameRequest(asked, asked.said))
  t.not(asked.said, asked.meant)
  t.notOk(isSameRequest(asked, null))
  t.notOk(isSameRequest(asked, meantBy({ start: false })))
})
