// A name that a token gave to an image is that token's: for all others, the image does not exist.

import t, { type Test } from 'tap'
import { problem } from '../helpers/build.ts'
import { buildForm, FORM_TYPE } from '../helpers/form.ts'
import { createMemoryEngine } from '../helpers/memory-engine.ts'
import { serveOwners, type CallerName } from '../helpers/owners.ts'
import { image } from '../helpers/records.ts'
import { until } from '../helpers/until.ts'

const BUILT = 'secret-app:1'

async function serve(t: Test) {
  const engine = createMemoryEngine({ images: ['base-api-server:latest', 'public:1'] })
  const server = await serveOwners(t, { engine })
  const { as } = server
  const send = (who: CallerName, image: string, dockerfile = 'FROM scratch\n', more: Record<string, string> = {}) => {
    const [name = '', tag = 'latest'] = image.split(':')
    const form = buildForm(dockerfile, { image_name: name, image_tag: tag, ...more })
    return as(who).ask('POST', '/builds', form, { 'content-type': FORM_TYPE })
  }
  const build = async (who: CallerName, image: string, dockerfile?: string, more?: Record<string, string>) => {
    const sent = await send(who, image, dockerfile, more)
    if (sent.statusCode !== 202) throw new Error(sent.body)
    const read = async () => (await as(who).get(`/builds/${sent.json<{ id: string }>().id}`)).json()
    await until(async () => (await read()).finished_at !== null)
    return read()
  }
  const tag = (who: CallerName, image: string, target: string) => as(who).ask('POST', '/images/tag', { image, target })
  t.match(await build('own', BUILT), { status: 'completed' })
  return { ...server, send, build, tag }
}

t.test('the team and admins see it, and strangers do not', async (t) => {
  const { as, build, tag } = await serve(t)
  const { full_id: id } = (await as('own').get(`/images/${BUILT}`)).json<{ full_id: string }>()
  const references = [BUILT, `docker.io/library/${BUILT}`, id, id.slice(7, 19)]
  for (const who of ['own', 'mate', 'admin'] as const) {
    for (const reference of references)
      t.equal((await as(who).get(`/images/${reference}`)).statusCode, 200, `${who} ${reference}`)
    t.match((await as(who).get('/images')).body, /secret-app/, who)
    t.equal((await as(who).ask('POST', '/containers', { image: BUILT, pull: 'never' })).statusCode, 201, who)
  }

  const missing = (await as('stranger').get('/images/none:1')).json<{ detail: string }>()
  for (const reference of references) {
    const hidden = problem(t, await as('stranger').get(`/images/${reference}`), 404, 'IMAGE_NOT_FOUND')
    t.equal(hidden.detail, missing.detail.replace('none:1', reference), 'as one that does not exist')
  }
  const list = await as('stranger').get('/images')
  t.notMatch(list.body, /secret-app/)
  t.match(list.body, /public:1/, 'names without an owner are for all')
  const attempts: Record<string, () => Promise<Parameters<typeof problem>[1]>> = {
    create: () => as('stranger').ask('POST', '/containers', { image: BUILT }),
    'create by id': () => as('stranger').ask('POST', '/containers', { image: id }),
    'create without a pull': () => as('stranger').ask('POST', '/containers', { image: BUILT, pull: 'never' }),
    'a tag of it': () => tag('stranger', BUILT, 'mine:1'),
    'a tag of it by id': () => tag('stranger', id, 'mine:1'),
    push: () => as('stranger').ask('POST', '/images/push', { image: BUILT }),
    removal: () => as('stranger').ask('DELETE', `/images/${BUILT}?force=true`),
    'removal by id': () => as('stranger').ask('DELETE', `/images/${id}?force=true`)
  }
  for (const [what, attempt] of Object.entries(attempts)) {
    const refused = problem(t, await attempt(), 404, 'IMAGE_NOT_FOUND')
    t.notMatch(String(refused.detail), /Did you mean/, what)
  }
  const misspelt = await as('stranger').ask('POST', '/containers', { image: 'secret-ap:1', pull: 'never' })
  t.notMatch(misspelt.body, /secret-app/, 'no hint names it')
  t.match(await build('stranger', 'mine:1', `FROM ${BUILT}\n`), {
    status: 'failed',
    build: { reason: /is not on this machine/ }
  })
})

t.test('only the owner of a name moves it', async (t) => {
  const { as, engine, send, tag } = await serve(t)
  const before = await engine.inspectImage(BUILT)
  problem(t, await tag('stranger', 'public:1', BUILT), 403, 'FORBIDDEN')
  problem(t, await tag('stranger', 'public:1', `docker.io/library/${BUILT}`), 403, 'FORBIDDEN')
  problem(t, await send('stranger', BUILT), 403, 'FORBIDDEN')
  problem(t, await as('stranger').ask('POST', '/images/pull', { image: BUILT }), 403, 'FORBIDDEN')
  problem(t, await as('stranger').ask('POST', '/containers', { image: BUILT, pull: 'always' }), 403, 'FORBIDDEN')
  problem(t, await send('stranger', 'public:1'), 403, 'FORBIDDEN')
  t.strictSame(await engine.inspectImage(BUILT), before)

  t.equal((await tag('mate', 'public:1', BUILT)).statusCode, 200)
  t.equal((await tag('admin', 'public:1', BUILT)).statusCode, 200)
  problem(t, await tag('stranger', 'public:1', BUILT), 403, 'FORBIDDEN')
  t.equal((await as('own').ask('DELETE', `/images/${BUILT}`)).statusCode, 200)
  t.equal((await tag('stranger', 'public:1', BUILT)).statusCode, 200, 'a removed name is free')
  problem(t, await tag('own', 'public:1', BUILT), 403, 'FORBIDDEN')
})

t.test('an image may have names of several owners', async (t) => {
  const { as, engine, tag } = await serve(t)
  t.equal((await tag('admin', BUILT, 'open:1')).statusCode, 200)
  const seen = (await as('stranger').get('/images/open:1')).json<{ full_id: string; tags: string[] }>()
  t.strictSame(seen.tags, ['open:1'])
  problem(t, await as('stranger').get(`/images/${BUILT}`), 404, 'IMAGE_NOT_FOUND')
  t.match((await as('own').get(`/images/${seen.full_id}`)).json(), { tags: [BUILT, 'open:1'] })
  const removed = await as('stranger').ask('DELETE', `/images/${seen.full_id}?force=true`)
  t.match(removed.json(), { untagged: ['open:1'], deleted: [] }, 'its id stands for the visible names')
  t.match(await engine.inspectImage(BUILT), { tags: [BUILT] })
})

t.test('the first of two builds with the same name owns it before its image exists', async (t) => {
  const { as, build, send, store, tag } = await serve(t)
  const failed = await build('own', 'broken:1', 'FROM none:1\n')
  t.match(failed, { status: 'failed' })
  problem(t, await send('stranger', 'broken:1'), 403, 'FORBIDDEN')

  // A day later.
  await store.imageNames.remove('docker.io/library/broken:1')
  t.equal((await tag('stranger', 'public:1', 'broken:1')).statusCode, 200)
  t.equal((await as('own').ask('POST', `/builds/${failed.id}/retry`)).statusCode, 202)
  const read = async () => (await as('own').get(`/builds/${failed.id}`)).json()
  await until(async () => (await read()).finished_at !== null)
  t.match(await read(), { build: { reason: /belongs to another token/ } }, 'a retry does not take it back')
})

t.test('a build takes nothing from another token’s image, not even by a trigger of its base image', async (t) => {
  const { engine, build } = await serve(t)
  const [trap, open] = ['trap:1', 'open:1']
  engine.images.set(trap, image({ tags: [trap], triggers: [`COPY --from=${BUILT} / /stolen`] }))
  engine.images.set(open, image({ tags: [open], triggers: ['COPY --from=public:1 / /copied'] }))
  const platform = `${image({}).os}/${image({}).architecture}`
  const taking = {
    FROM: `FROM ${BUILT}\n`,
    COPY: `FROM scratch\nCOPY --from=${BUILT} / /\n`,
    ONBUILD: `FROM ${trap}\n`
  }
  for (const [way, dockerfile] of Object.entries(taking)) {
    const stolen = await build('stranger', 'mine:1', dockerfile)
    t.match(stolen, { status: 'failed', build: { reason: /secret-app:1 is not on this machine/ } }, way)
    t.match(await build('mate', 'ours:1', dockerfile), { status: 'completed' }, way)
  }
  t.match(await build('stranger', 'mine:1', `FROM ${open}\n`), { status: 'completed' })

  const trapped = await build('stranger', 'mine:1', `FROM ${trap}\n`, { platform })
  t.match(trapped, { status: 'failed', build: { reason: /secret-app:1 is not on this machine/ } })
  t.match(await build('stranger', 'mine:1', `FROM ${open}\n`, { platform }), { status: 'completed' })
  const other = await build('stranger', 'mine:1', `FROM ${open}\n`, { platform: 'linux/s390x' })
  t.match(other, { status: 'failed', build: { reason: /cannot check its triggers \(ONBUILD\) for linux\/s390x/ } })
})
