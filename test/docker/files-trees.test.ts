// Random trees of files make a round trip, by archive and file by file, checked with archives that Python packs and reads.
// With BERTH_TEST_FULL=1 there are 10,000 trees.

import assert from 'node:assert'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import t from 'tap'
import { startArchiver } from '../helpers/archiver.ts'
import { docker } from '../helpers/engine.ts'
import { filesClient, succeeded } from '../helpers/files-client.ts'
import { portsOf, SLEEPER, startServer } from '../helpers/server.ts'
import { forestBelow, hashOf, withTextFolders, seenOf, treeBelow, type Node, type Seen } from '../helpers/trees.ts'

const isFull = process.env.BERTH_TEST_FULL === '1'
const RUNS = Number(process.env.FUZZ_RUNS ?? (isFull ? 10_000 : 6))
const SEED = Number(process.env.FUZZ_SEED ?? (isFull ? Date.now() % 2 ** 31 : 16))
const TRIES = 5
const LANES = isFull ? 4 : 2
// An engine takes half a second for an archive, of any size.
const TREES_IN_ARCHIVE = 10
const FORMATS = ['tar', 'tar.gz', 'zip'] as const
type Format = (typeof FORMATS)[number]

const server = await startServer(t, { ports: portsOf('filesTrees'), env: { BERTH_EXEC: 'true' } })
const archiver = startArchiver(t)
type Lane = { id: string; files: ReturnType<typeof filesClient> }
// Its own container, since an engine handles one file operation of a container at a time.
const lanes = await Promise.all(
  Array.from({ length: LANES }, async (): Promise<Lane> => {
    const { body, text } = await server.create({ command: SLEEPER, ports: [] })
    if (!body.id) throw new Error(`no container: ${text}`)
    return { id: body.id, files: filesClient(server.url, body.id) }
  })
)

/** The part of a tree that the format can express. A zip file has no owners, no pipes, and times in steps of two seconds. */
function knownTo(format: Format, tree: Record<string, Seen>): Record<string, Seen> {
  if (format !== 'zip') return tree
  const entries = Object.entries(tree).filter(([, { kind }]) => kind !== 'fifo')
  return Object.fromEntries(
    entries.map(([path, { kind, target, hash, mode }]) => [
      path,
      { kind, target, hash, ...(mode !== undefined && { mode }) }
    ])
  )
}

async function downloaded({ files }: Lane, path: string, format: Format): Promise<Record<string, Seen>> {
  const { bytes } = succeeded(await files.archive(path, format))
  return knownTo(format, await archiver.read(bytes, format))
}

/** Directly, without the server. */
async function inEngine({ id }: Lane, path: string): Promise<Record<string, Seen>> {
  const pieces = await Array.fromAsync((await docker.getContainer(id).getArchive({ path })) as AsyncIterable<Buffer>)
  return archiver.read(Buffer.concat(pieces), 'tar')
}

/** Each lane has its own seed, so that one lane repeats a failure. Returns the leftovers in them. */
async function inLanes(rounds: number, property: (lane: Lane) => fc.IAsyncProperty<unknown>): Promise<string[]> {
  const left = lanes.map(async (lane, index) => {
    await fc.assert(property(lane), { numRuns: Math.ceil(rounds / LANES), seed: SEED + index, endOnFailure: true })
    return lane.files.namesIn('/tmp')
  })
  return (await Promise.all(left)).flat()
}

let late = 0
/** Again after an answer of a busy engine or server, which says nothing about the files. */
async function patiently(task: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await task()
    } catch (error) {
      if (tries === TRIES || !String(error).includes('"retryable":true')) throw error
      late++
      await sleep(tries * 1_000)
    }
  }
}

async function removeTree({ files }: Lane, root: string): Promise<void> {
  const answer = await files.remove(root)
  if (answer.status !== 404) succeeded(answer)
}

/** Leaves nothing, and finds nothing of an earlier try. */
function withTree(lane: Lane, root: string, task: () => Promise<void>): Promise<void> {
  return patiently(async () => {
    await removeTree(lane, root)
    await task()
    await removeTree(lane, root)
  })
}

t.test(`${RUNS} trees by archive from seed ${SEED}`, async (t) => {
  const left = await inLanes(RUNS / TREES_IN_ARCHIVE, (lane) =>
    fc.asyncProperty(
      forestBelow('tar', TREES_IN_ARCHIVE),
      fc.constantFrom('gnu', 'pax', 'ustar'),
      fc.constantFrom(...FORMATS),
      async (trees, packedAs, format) => {
        await withTree(lane, '/tmp/tar', async () => {
          succeeded(await lane.files.unpack('/tmp', await archiver.pack(trees, packedAs)))
          assert.deepStrictEqual(await inEngine(lane, '/tmp/tar'), seenOf(trees))
          assert.deepStrictEqual(await downloaded(lane, '/tmp/tar', format), knownTo(format, seenOf(trees)))
        })
      }
    )
  )
  t.strictSame(left, [], 'nothing else is there')
  t.comment(`busy ${late} times`)
})

/** Created by one call each; links and pipes cannot be. */
async function writeAll({ files }: Lane, tree: Node[]): Promise<void> {
  for (const { name, kind, mode, uid, gid, seconds, nanoseconds, content } of tree) {
    const modified = new Date(seconds * 1000 + Math.floor(nanoseconds / 1_000_000)).toISOString()
    const octal = mode.toString(8).padStart(4, '0')
    if (kind === 'folder') succeeded(await files.makeFolder(`/tmp/${textOf(name)}`, { mode: octal, uid, gid }))
    else
      succeeded(await files.write(`/tmp/${name}`, content, `&mode=${octal}&uid=${uid}&gid=${gid}&modified=${modified}`))
  }
}

const textOf = (name: string) => Buffer.from(name, 'latin1').toString('utf8')

t.test(`${RUNS} trees file by file from seed ${SEED}`, async (t) => {
  const left = await inLanes(RUNS, (lane) =>
    fc.asyncProperty(treeBelow('file'), async (whole) => {
      const tree = withTextFolders(whole).filter(({ kind }) => kind === 'file' || kind === 'folder')
      await withTree(lane, '/tmp/file', async () => {
        await writeAll(lane, tree)
        const found = await downloaded(lane, '/tmp/file', 'tar')
        const wanted = seenOf(tree)
        // A write into a folder changes the folder's time.
        for (const [path, { kind }] of Object.entries(wanted)) if (kind === 'folder') delete wanted[path]?.seconds
        for (const [path, { kind }] of Object.entries(found)) if (kind === 'folder') delete found[path]?.seconds
        assert.deepStrictEqual(found, wanted)
        for (const { name, kind, content } of tree)
          if (kind === 'file') {
            const { bytes } = succeeded(await lane.files.read(`/tmp/${name}`))
            assert.strictEqual(hashOf(bytes), hashOf(content))
          }
      })
    })
  )
  t.strictSame(left, [], 'nothing else is there')
  t.comment(`busy ${late} times`)
})
