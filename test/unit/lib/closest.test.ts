import t from 'tap'

import { closest } from '../../../src/lib/closest.ts'

const FIELDS = [
  'image',
  'image_name',
  'image_tag',
  'container_port',
  'host_port',
  'memory',
  'cpus',
  'pids_limit',
  'env'
]

t.test('suggestions', async (t) => {
  for (const [name, meant] of [
    ['memroy', 'memory'],
    ['Memory', 'memory'],
    ['nev', 'env'],
    ['cusp', 'cpus'],
    ['containerPort', 'container_port'],
    ['containr_port', 'container_port'],
    ['HostPort', 'host_port'],
    ['cpu', 'cpus'],
    ['tag', 'image_tag'],
    ['tags', 'image_tag'],
    ['environment', 'env'],
    ['pids', 'pids_limit'],
    ['img', 'image']
  ] as const)
    t.equal(closest(name, FIELDS), meant, name)
})

t.test('no suggestion without a similar name', async (t) => {
  for (const name of ['privileged', 'zzz', '', '🦆', '__proto__', 'x'.repeat(100_000)])
    t.equal(closest(name, FIELDS), undefined, name.slice(0, 20))
  t.equal(closest('memory', []), undefined)
})
