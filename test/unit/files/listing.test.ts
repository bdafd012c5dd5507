import t from 'tap'
import { readListing } from '../../../src/files/listing.ts'
import { TAR_END, tarFile, tarHeader } from '../../../src/lib/tar/write.ts'

const LIMITS = { after: undefined, count: 10, bytes: 1e6, entries: 100 }

async function* folder(top = 'top', bytes = 1_000) {
  yield tarHeader({ name: `${top}/`, kind: 'folder', mode: 0o755 })
  yield* tarFile({ name: `${top}/a`, kind: 'file', size: 5 }, content('hello'))
  yield tarHeader({ name: `${top}/b/`, kind: 'folder' })
  yield* tarFile({ name: `${top}/b/below`, kind: 'file', size: bytes }, content('x'.repeat(bytes)))
  yield tarHeader({ name: `${top}/c`, kind: 'link', target: `${top}/a` })
  yield tarHeader({ name: `${top}/d`, kind: 'link', target: `${top}/b/below` })
  yield tarHeader({ name: `${top}/e`, kind: 'symlink', target: '../etc' })
  yield TAR_END
}

async function* content(text: string) {
  yield Buffer.from(text)
}

const names = (listing: Awaited<ReturnType<typeof readListing>>) => listing?.entries.map(({ name }) => name)

t.test('lists a folder without its subfolders', async (t) => {
  for (const top of ['top', '', '.']) {
    const listing = await readListing(folder(top), LIMITS)
    t.strictSame(names(listing), ['a', 'b', 'c', 'd', 'e'], top)
    t.match(listing, {
      stoppedAt: null,
      hasMore: false,
      entries: [{ size: 5 }, {}, { kind: 'file', size: 5 }, {}, { target: '../etc' }]
    })
    t.strictSame(
      listing?.unsized.map(({ name }) => name),
      ['d'],
      'its content is listed elsewhere'
    )
  }
})

t.test('a page begins after a name and ends when it is full', async (t) => {
  const listing = await readListing(folder(), { ...LIMITS, after: 'a', count: 2 })
  t.strictSame(names(listing), ['b', 'c'])
  t.match(listing, { hasMore: true, entries: [{}, { size: 5 }] })
  t.match(await readListing(folder(), { ...LIMITS, after: 'c', count: 2 }), { hasMore: false })
})

t.test('a listing beyond the limit is incomplete and says so', async (t) => {
  const large = await readListing(folder('top', 500_000), { ...LIMITS, bytes: 10_000 })
  t.strictSame(names(large), ['a', 'b'])
  t.match(large, { stoppedAt: 'bytes' })
  const many = await readListing(folder(), { ...LIMITS, entries: 3 })
  t.strictSame(names(many), ['a', 'b'])
  t.match(many, { stoppedAt: 'entries' })
})

t.test('a file is not a folder', async (t) => {
  t.equal(await readListing(tarFile({ name: 'f', kind: 'file', size: 1 }, content('x')), LIMITS), undefined)
})
