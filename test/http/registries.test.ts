// The registries that a token can use, and the logins sent there.

import { writeFileSync } from 'node:fs'
import t from 'tap'
import type { Test } from 'tap'
import type { PolicyRules } from '../../src/access/policy.ts'
import { AppError } from '../../src/errors.ts'
import { openStore } from '../../src/store/sqlite/open.ts'
import { build, problem } from '../helpers/build.ts'
import { heldEngine, SENT, serveBuilds } from '../helpers/build-server.ts'
import { buildForm } from '../helpers/form.ts'
import { createMemoryEngine } from '../helpers/memory-engine.ts'
import { addTokens, bearer } from '../helpers/tokens.ts'

const HOST = '127.0.0.1:1'
const INSIDE = `${HOST}/x:1`

/** A server with tokens, and with a login for a registry that is never checked. */
async function withTokens(t: Test, policy: PolicyRules = {}) {
  const engine = createMemoryEngine({ images: ['base-api-server:latest', 'mine:1'] })
  const file = `${t.testdir({})}/registries.json`
  const entry = { username: 'op', password: 'secret', check: false }
  writeFileSync(file, JSON.stringify({ 'login.example': entry }), { mode: 0o600 })
  const store = openStore(':memory:')
  const secrets = await addTokens(store)
  const logins: (string | undefined)[] = []
  const { pullImage, pushImage } = engine
  engine.pullImage = (reference, transfer) => {
    logins.push(transfer?.login?.registry)
    return pullImage(reference, transfer)
  }
  engine.pushImage = (reference, transfer) => {
    logins.push(transfer?.login?.registry)
    return pushImage(reference, transfer)
  }
  const env = { BERTH_REGISTRIES_FILE: file }
  return { ...(await build(t, { engine, store, policy, env, early: true })), engine, secrets, logins }
}

t.test('a token cannot send the engine to an unlisted registry', async (t) => {
  const { post, engine, secrets } = await withTokens(t)
  const as = bearer(secrets['images:write'])
  const before = engine.writes().length
  for (const [path, body] of [
    ['/images/pull', { image: INSIDE }],
    ['/images/push', { image: INSIDE }],
    ['/images/tag', { image: 'mine:1', target: INSIDE }],
    ['/images/pull', { image: '169.254.169.254/latest/meta-data' }]
  ] as const)
    t.match(problem(t, await post(path, body, as), 403, 'POLICY_REFUSED').errors, [{ field: 'image' }], path)
  for (const pull of ['missing', 'always']) {
    const made = await post('/containers', { image: INSIDE, pull }, bearer(secrets['containers:write']))
    problem(t, made, 403, 'POLICY_REFUSED')
  }
  t.equal(engine.writes().length, before, 'the engine got no call')

  const admin = await post('/images/pull', { image: INSIDE }, bearer(secrets.admin))
  problem(t, admin, 502, 'REGISTRY_UNAVAILABLE')
  engine.remote.add('busybox:1')
  t.equal((await post('/images/pull', { image: 'busybox:1' }, as)).statusCode, 200, 'Docker Hub is for all')
})

t.test('a build cannot use images or image names of an unlisted registry', async (t) => {
  const store = openStore(':memory:')
  const secrets = await addTokens(store)
  const { send } = await serveBuilds(t, { engine: heldEngine().engine, store, early: true })
  const submit = (file: string, fields: Record<string, string> = {}) => {
    const payload = buildForm(file, { image_name: 'web', ...fields })
    return send(payload, { ...bearer(secrets['builds:write']), ...SENT })
  }
  const table: [file: string, fields?: Record<string, string>][] = [
    [`FROM ${INSIDE}`],
    [`ARG BASE\nFROM $BASE`],
    [`ARG BASE\nFROM $BASE`, { build_args: JSON.stringify({ BASE: INSIDE }) }],
    [`FROM scratch\nCOPY --from=${INSIDE} /a /a`],
    [`# syntax=${INSIDE}\nFROM scratch`],
    ['FROM scratch', { image_name: 'x', registry: HOST }],
    ['FROM scratch', { image_name: 'x', registry: HOST, push: 'true' }]
  ]
  for (const [file, fields] of table) problem(t, await submit(file, fields), 403, 'POLICY_REFUSED')
  t.equal((await submit('FROM scratch')).statusCode, 202)
})

t.test("only admins and tokens of the policy use the operator's login", async (t) => {
  const image = 'login.example/app:1'
  const table: [policy: PolicyRules, who: 'images:write' | 'admin', pull: boolean, push: boolean][] = [
    [{}, 'admin', true, true],
    [{}, 'images:write', false, false],
    [{ registries: { 'login.example': { pull: ['images-write'] } } }, 'images:write', true, false],
    [{ registries: { 'login.example': { pull: ['other'], push: ['*'] } } }, 'images:write', false, true]
  ]
  for (const [policy, who, pull, push] of table) {
    const { post, engine, secrets, logins } = await withTokens(t, policy)
    engine.remote.add(image)
    const as = bearer(secrets[who])
    t.equal((await post('/images/pull', { image }, as)).statusCode, 200)
    t.equal((await post('/images/push', { image }, as)).statusCode, 200)
    const shown = [pull, push].map((isShown) => (isShown ? 'login.example' : undefined))
    t.strictSame(logins, shown, `${who} under ${JSON.stringify(policy)}`)
  }
})

t.test('a token without the login gets an error, and shares no pull with tokens that have it', async (t) => {
  const { post, engine, secrets, logins } = await withTokens(t)
  const image = 'login.example/app:1'
  const pulls = [post('/images/pull', { image }, bearer(secrets.admin))]
  pulls.push(post('/images/pull', { image }, bearer(secrets['images:write'])))
  await Promise.all(pulls)
  t.strictSame(logins.toSorted(), ['login.example', undefined])
  engine.pullImage = async () => {
    throw new AppError('REGISTRY_UNAUTHORIZED', 'The registry wants a login.')
  }
  const refused = await post('/images/pull', { image }, bearer(secrets['images:write']))
  t.match(problem(t, refused, 502, 'REGISTRY_UNAUTHORIZED').detail, /this token may not use to pull/)
})
