import { symlinkSync } from 'node:fs'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { takeContext } from '../../../src/builds/context/intake.ts'
import { tarOf, zipOf } from '../../helpers/archives.ts'
import { createNoise, DOCKERFILE, intake, LIMITS, MIB, TREE } from '../../helpers/contexts.ts'

const { file, files, take } = intake(t)

t.test('an upload over the limit', async (t) => {
  await t.rejects(take(createNoise(70 * MIB)), { code: 'INVALID_CONTEXT' })
  const big = await tarOf({ name: 'a', content: createNoise(2 * MIB) })
  for (const bytes of [big, gzipSync(big), zipOf({ name: 'a', content: createNoise(2 * MIB) })])
    await t.rejects(take(bytes, { uploadBytes: MIB }), { code: 'BODY_TOO_LARGE', message: /larger than 1048576 bytes/ })
  t.same(files(), [])
})

t.test('an upload cut off at any byte', async (t) => {
  const sources = [await tarOf(...TREE), gzipSync(await tarOf(...TREE)), zipOf(DOCKERFILE), Buffer.from('FROM scratch')]
  for (const bytes of sources) {
    for (const at of [0, 5, Math.floor(bytes.length / 2), bytes.length - 1]) {
      async function* broken() {
        yield bytes.subarray(0, at)
        throw new Error('the client went away')
      }
      await t.rejects(takeContext(Readable.from(broken()), file, LIMITS), /the client went away/, `at ${at}`)
      t.same(files(), [])
    }
  }
})

t.test('a disk that fills while the client sends nothing', async (t) => {
  const bytes = await tarOf({ name: 'a', content: createNoise(MIB) })
  const refused = Promise.withResolvers<void>()
  async function* halting() {
    yield bytes.subarray(0, MIB / 2)
    await refused.promise
  }
  symlinkSync('/dev/full', file)
  await t.rejects(takeContext(Readable.from(halting(), { objectMode: false }), file, LIMITS), { code: 'ENOSPC' })
  refused.resolve()
  t.same(files(), [])
})

t.test('a refused upload is read to its end, so its client gets the error', { timeout: 10_000 }, async (t) => {
  const bad = await tarOf({ name: '/absolute' })
  for (const head of [bad, gzipSync(bad).subarray(0, 60), zipOf({ name: '/absolute' }), Buffer.alloc(600)]) {
    let sent = 0
    async function* upload() {
      yield head
      for (; sent < 100; sent++) yield Buffer.alloc(MIB / 4, 1)
    }
    const source = Readable.from(upload(), { objectMode: false })
    const ended = new Promise((resolve) => source.once('close', resolve))
    await t.rejects(takeContext(source, file, LIMITS))
    await ended
    t.equal(sent, 100)
  }
})

t.test('damage anywhere causes a refusal at most', { timeout: 60_000 }, async (t) => {
  let seed = 1
  const random = (below: number) => (seed = (seed * 48271) % 2147483647) % below
  const sources = [
    await tarOf(...TREE),
    gzipSync(await tarOf(...TREE)),
    zipOf(DOCKERFILE, { name: 'a/b', content: 'x'.repeat(500) })
  ]
  const outcomes = { taken: 0, refused: 0 }
  for (let round = 0; round < 150; round++) {
    const bytes = Buffer.from(sources[round % 3] ?? [])
    for (let change = 0; change <= random(4); change++) bytes[random(bytes.length)] = random(256)
    const cut = random(5) === 0 ? bytes.subarray(0, random(bytes.length)) : bytes
    try {
      await take(cut, { piece: 1 + random(1000) })
      outcomes.taken++
    } catch (error) {
      outcomes.refused++
      if ((error as { code?: string }).code !== 'INVALID_CONTEXT') throw error
      if (files().length > 0) throw new Error(`round ${round} left ${files()}`, { cause: error })
    }
  }
  t.ok(outcomes.taken > 5 && outcomes.refused > 30, JSON.stringify(outcomes))
})
