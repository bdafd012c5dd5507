import { randomBytes } from 'node:crypto'
import { statSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import t, { type Test } from 'tap'
import { openStore } from '../../src/store/sqlite/open.ts'
import { tarOf, zipOf, type TarEntry } from '../helpers/archives.ts'
import { problem } from '../helpers/build.ts'
import { DOCKERFILE, heldEngine, SENT, serveBuilds } from '../helpers/build-server.ts'
import { buildForm } from '../helpers/form.ts'
import { addTokens, bearer } from '../helpers/tokens.ts'
import { until } from '../helpers/until.ts'

const MIB = 1024 ** 2
// The blocks of a tar file: each entry has a header, and two more end the file.
const BLOCK = 512
const FILE = { name: 'Dockerfile', content: DOCKERFILE }

/** A server with tokens, on which builds wait. */
async function serve(t: Test, policy: { builds_per_token?: number; build_bytes_per_token?: number }) {
  const store = openStore(':memory:')
  const secrets = await addTokens(store)
  const env = { BERTH_BUILD_CONCURRENCY: '1' }
  const server = await serveBuilds(t, { engine: heldEngine().engine, store, policy, env, early: true })
  const own = bearer(secrets['builds:write'])
  const admin = bearer(secrets.admin)
  return {
    ...server,
    own,
    admin,
    build: (file: string | Buffer = DOCKERFILE, headers = own) =>
      server.send(buildForm(file, { image_name: 'web' }), { ...SENT, ...headers }),
    again: (id: string) => server.ask('POST', `/builds/${id}/retry`, { headers: own }),
    stored: () => server.files().reduce((total, path) => total + statSync(path).size, 0)
  }
}

t.test('waiting and running builds are limited per token', async (t) => {
  const { build, again, ask, admin, own } = await serve(t, { builds_per_token: 2 })
  const first = await build()
  t.equal(first.statusCode, 202)
  t.equal((await build()).statusCode, 202)
  t.match(problem(t, await build(), 403, 'POLICY_REFUSED').errors, [{ field: 'builds' }])
  t.equal((await build(DOCKERFILE, admin)).statusCode, 202, 'another has its own')

  const { id } = first.json()
  t.equal((await ask('POST', `/builds/${id}/cancel`, { headers: own })).statusCode, 200)
  t.equal((await build()).statusCode, 202, 'there is room again')
  t.match(
    problem(t, await again(id), 403, 'POLICY_REFUSED').errors,
    [{ field: 'builds' }],
    'a retry takes a place, too'
  )
})

t.test('builds and retries at once take no more places than there are', async (t) => {
  const { build, again, ask, own } = await serve(t, { builds_per_token: 2 })
  const ids: string[] = []
  for (let n = 0; n < 5; n++) {
    const { id } = (await build()).json()
    await ask('POST', `/builds/${id}/cancel`, { headers: own })
    ids.push(id)
  }
  const answers = await Promise.all(ids.map((id) => again(id)))
  t.strictSame(answers.map(({ statusCode }) => statusCode).toSorted(), [202, 202, 403, 403, 403])
  for (const id of ids) await ask('POST', `/builds/${id}/cancel`, { headers: own })
  const builds = await Promise.all(ids.map(() => build()))
  t.strictSame(builds.map(({ statusCode }) => statusCode).toSorted(), [202, 202, 403, 403, 403])
})

t.test('the bytes of builds are limited per token, to the byte', async (t) => {
  const QUOTA = 2 * MIB
  const { build, stored, folders, admin } = await serve(t, { build_bytes_per_token: QUOTA })
  const fits = QUOTA - 5 * BLOCK
  const context = (bytes: number) => tarOf(FILE, { name: 'data', content: randomBytes(bytes) })
  const refused = async (file: Buffer) =>
    t.match(problem(t, await build(file), 403, 'POLICY_REFUSED').errors, [
      { field: 'build_bytes', message: /^of all builds of a token may come to 2097152 at most/ }
    ])

  await refused(await context(fits + 1))
  t.strictSame(folders(), [], 'nothing of it remains')
  await refused(await tarOf(FILE, ...Array.from({ length: 4096 }, (_, n): TarEntry => ({ name: `empty-${n}` }))))
  t.equal((await build(await context(fits))).statusCode, 202)
  t.equal(stored(), QUOTA)
  await refused(await tarOf(FILE))
  t.equal((await build(await context(fits), admin)).statusCode, 202, 'another has its own')
})

t.test('a zip file counts until it is unpacked, and what .dockerignore excludes until it is removed', async (t) => {
  const { build, stored } = await serve(t, { build_bytes_per_token: 2 * MIB })
  const noise = randomBytes(1.5 * MIB)
  const ignoring = (bytes: number) =>
    tarOf(FILE, { name: '.dockerignore', content: 'left-out' }, { name: 'left-out', content: noise.subarray(0, bytes) })
  problem(t, await build(zipOf(FILE, { name: 'data', content: noise })), 403, 'POLICY_REFUSED')
  t.equal((await build(await ignoring(1.5 * MIB))).statusCode, 202)
  t.ok(stored() < 10 * BLOCK)
  const [kept, left] = [noise.subarray(0, 0.5 * MIB), noise.subarray(0.5 * MIB, 0.9 * MIB)]
  const ignore = { name: '.dockerignore', content: 'left-out' }
  const zip = zipOf(FILE, ignore, { name: 'data', content: kept }, { name: 'left-out', content: left })
  t.equal((await build(zip)).statusCode, 202)
  t.equal((await build(await ignoring(1.25 * MIB))).statusCode, 202, 'nothing else is left of them')
})

t.test('uploads side by side come to no more than the quota, even if one ends before another', async (t) => {
  const { ask, build, own, stored, folders } = await serve(t, { build_bytes_per_token: 2 * MIB })
  const context = await tarOf(FILE, { name: 'data', content: randomBytes(1.25 * MIB) })
  const form = buildForm(context, { image_name: 'web' })
  const slow = new PassThrough()
  slow.write(form.subarray(0, 4 * BLOCK))
  const answer = ask('POST', '/builds', { payload: slow, headers: { ...SENT, ...own } })
  await until(() => folders().length === 1)
  t.equal((await build(context)).statusCode, 202)
  slow.end(form.subarray(4 * BLOCK))
  problem(t, await answer, 403, 'POLICY_REFUSED')
  t.ok(stored() <= 2 * MIB)
})
