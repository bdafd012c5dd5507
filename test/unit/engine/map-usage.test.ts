import { readFileSync } from 'node:fs'
import t from 'tap'
import { mapUsage } from '../../../src/engine/docker/map-usage.ts'
import type { RawUsage } from '../../../src/engine/docker/schemas/system.ts'

const FIXTURE = new URL('../../fixtures/disk-usage-api-1.53.json', import.meta.url)
const { answer: newer } = JSON.parse(readFileSync(FIXTURE, 'utf8')) as { answer: Required<RawUsage> }

t.test('the shape of newer APIs gives the same usage as the older one', (t) => {
  const older: RawUsage = {
    Containers: newer.ContainerUsage?.Items ?? null,
    Images: newer.ImageUsage?.Items ?? null,
    Volumes: newer.VolumeUsage?.Items ?? null,
    BuildCache: newer.BuildCacheUsage?.Items ?? null
  }
  const usage = mapUsage(newer)
  t.strictSame(usage, {
    containers: new Map([['cccccccccccc', 12]]),
    images: new Map([['sha256:1111', 60]]),
    volumes: [
      { name: 'idle', labels: { a: 'b' }, createdAt: '2026-01-01T00:00:00Z', sizeBytes: 7, isUsed: false },
      { name: 'used', labels: {}, createdAt: null, sizeBytes: 3, isUsed: true }
    ],
    buildCache: [{ sizeBytes: 5, isUsed: false, lastUsedAt: '2026-01-01T00:00:00Z' }]
  })
  t.strictSame(mapUsage(older), usage)
  t.end()
})

t.test('an empty answer is no usage', (t) => {
  const nothing = { containers: new Map(), images: new Map(), volumes: [], buildCache: [] }
  t.strictSame(mapUsage({}), nothing)
  t.strictSame(mapUsage({ Images: null, Containers: null, Volumes: null, BuildCache: null }), nothing)
  t.strictSame(mapUsage({ ImageUsage: {}, ContainerUsage: null, VolumeUsage: { Items: null } }), nothing)
  t.end()
})

t.test('an image has the same id as elsewhere, even on Podman', (t) => {
  const { images } = mapUsage({
    Images: [
      { Id: '1111', Size: 9 },
      { Id: 'sha256:2222', Size: 8, SharedSize: -1 }
    ]
  })
  t.strictSame(
    [...images],
    [
      ['sha256:1111', 9],
      ['sha256:2222', 8]
    ]
  )
  t.end()
})
