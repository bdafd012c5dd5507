// Secrets are sent in every place where one belongs and where none belongs, in requests that succeed and that fail. Then
// everything that the server answers, logs or stores is searched for them.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { pino } from 'pino'
import t from 'tap'
import { openAuditFile } from '../../src/access/audit-file.ts'
import { AppError } from '../../src/errors.ts'
import { openStore } from '../../src/store/sqlite/open.ts'
import { build } from '../helpers/build.ts'

/** The forms in which a secret may turn up: plain and encoded. */
const spellings = (secret: string) => [
  // Also cut short, as parsers quote invalid input.
  secret.slice(0, 12),
  Buffer.from(secret).toString('base64').replaceAll(/=*$/g, '').slice(0, -1),
  Buffer.from(secret).toString('hex'),
  encodeURIComponent(secret)
]

t.test('no secret is shown or stored', async (t) => {
  const dataDir = t.testdir({})
  const store = openStore(dataDir)
  const auditFile = openAuditFile(dataDir)
  t.teardown(() => auditFile.close())
  let log = ''
  const logger = pino(
    { level: 'trace' },
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        log += chunk.toString()
        done()
      }
    })
  )
  const canaries = new Map<string, string>()
  const canary = (where: string): string => {
    const secret = `canary-${canaries.size}-${where.replaceAll(/\W+/g, '-')}-$3cr3t/+`
    canaries.set(where, secret)
    return secret
  }
  const operator = canary('BERTH_TOKEN of the operator')
  const env = { BERTH_TOKEN: operator, BERTH_EXEC: 'true', LOG_LEVEL: 'trace', BERTH_DATA_DIR: dataDir }
  const server = await build(t, { store, auditFile, logger, env })
  const { engine } = server
  const said: string[] = []
  async function ask(method: string, url: string, options: Parameters<typeof server.ask>[2] = {}) {
    const answer = await server.ask(method, url, {
      ...options,
      headers: { authorization: `Bearer ${operator}`, ...options.headers }
    })
    said.push(JSON.stringify(answer.headers), answer.body)
    return answer
  }
  const raw = (payload: string, type = 'application/json') =>
    ask('POST', '/containers', { payload, headers: { 'content-type': type } })
  const create = (body: object, headers = {}) => ask('POST', '/containers', { payload: body, headers })

  // Places where a secret belongs.
  t.equal((await create({ name: 'web', env: { PASSWORD: canary('env') } })).statusCode, 201)
  const keyed = { name: 'keyed', env: { PASSWORD: canary('env with a key') } }
  await create(keyed, { 'idempotency-key': 'once' })
  await create({ ...keyed, env: { PASSWORD: canary('env of another request') } }, { 'idempotency-key': 'once' })
  await ask('POST', '/containers/web/exec', { payload: { command: ['env'], env: { PASSWORD: canary('exec env') } } })
  await ask('POST', '/containers/web/exec', {
    payload: { command: ['env'], env: { PASSWORD: canary('exec env, refused') }, nonsense: true }
  })

  const submit = (fields: Record<string, string>) => {
    const parts = Object.entries({ file: 'FROM base-api-server', image_name: 'mine', ...fields }).map(
      ([name, value]) =>
        `--x\r\ncontent-disposition: form-data; name="${name}"${name === 'file' ? '; filename="Dockerfile"' : ''}\r\n\r\n${value}\r\n`
    )
    const headers = { 'content-type': 'multipart/form-data; boundary=x' }
    return ask('POST', '/builds', { payload: `${parts.join('')}--x--\r\n`, headers })
  }
  const submitted = await submit({
    build_args: JSON.stringify({ SECRET: canary('build argument') }),
    push: 'true',
    registry: 'registry.example',
    registry_username: canary('registry user'),
    registry_password: canary('registry password'),
    run: JSON.stringify({ env: { SECRET: canary('env of what is run when built') } })
  })
  t.equal(submitted.statusCode, 202, submitted.body)
  for (const path of ['', '/logs']) await ask('GET', `/builds/${submitted.json().id}${path}`)
  await submit({ build_args: `{"SECRET": "${canary('build argument in broken JSON')}` })
  await submit({ build_args: JSON.stringify({ SECRET: [canary('build argument of another type')] }) })
  await submit({ file: canary('a file that is no Dockerfile'), nonsense: 'x' })
  await submit({ registry_password: canary('a password without a user') })
  for (const verb of ['pull', 'push']) {
    const credentials = { username: 'me', password: canary(`login of a ${verb}`) }
    await ask('POST', `/images/${verb}`, { payload: { image: 'registry.invalid/nothing:1', credentials } })
    await ask('POST', `/images/${verb}`, { payload: { image: 'not a name', credentials } })
  }

  // Places where it belongs, in a request that is refused or fails.
  await create({ name: 'web', env: { PASSWORD: canary('env, name taken') } })
  await create({ env: { PASSWORD: canary('env, unknown field') }, nonsense: true })
  await create({ env: { PASSWORD: [canary('env, wrong type')] } })
  await create({ env: canary('env, no object') })
  await create({ env: { PASSWORD: canary('env, no such image') }, image: 'nobody/nothing', pull: 'never' })
  await create({ env: { PASSWORD: `${canary('env, NUL')}\0` } })
  await raw(`{"env": {"PASSWORD": "${canary('broken JSON')}`)
  await raw(`{"env": ${canary('no JSON')}}`)
  await raw(canary('text instead of JSON'))
  await raw(`{"env": {"PASSWORD": "${canary('__proto__')}"}, "__proto__": {}}`)
  await raw(`{"env": {"PASSWORD": "${canary('deep JSON')}"}, "x": ${'['.repeat(40)}${']'.repeat(40)}}`)
  await raw(`{"env": {"PASSWORD": "${canary('large body')}"}, "name": "${'x'.repeat(300_000)}"}`)
  await raw(`PASSWORD=${canary('form')}`, 'application/x-www-form-urlencoded')
  for (const [what, failure] of [
    ['engine fails', new AppError('ENGINE_FAILED', 'The engine answered with an error.')],
    ['a bug', new Error('a bug')]
  ] as const) {
    const { createContainer } = engine
    engine.createContainer = async () => {
      throw failure
    }
    await create({ env: { PASSWORD: canary(`env, ${what}`) } })
    engine.createContainer = createContainer
  }
  engine.goAway()
  await create({ env: { PASSWORD: canary('env, engine away') } })
  engine.comeBack()

  // Places where none is expected.
  const wrong = (headers: Record<string, string>) => ask('GET', '/containers', { headers })
  await wrong({ authorization: `Bearer ${canary('wrong token')}` })
  await wrong({ authorization: `Basic ${Buffer.from(`me:${canary('password')}`).toString('base64')}` })
  await wrong({ authorization: canary('a header that is none') })
  await wrong({ cookie: `session=${canary('cookie')}` })
  await wrong({ 'x-registry-auth': canary('X-Registry-Auth') })
  await wrong({ 'proxy-authorization': `Basic ${canary('proxy password')}` })
  for (const url of ['/containers', '/nothing', '/containers/web/stats/stream', '/containers/nobody'])
    await ask('GET', `${url}?token=${encodeURIComponent(canary(`query of ${url}`))}&since=x`)

  // A token is shown once, and that answer is not searched.
  const made = await server.post('/tokens', { name: 'ci', scopes: ['read'] }, { authorization: `Bearer ${operator}` })
  const { token } = made.json()
  canaries.set('a managed token', token)
  await wrong({ authorization: `Bearer ${token}` })
  await ask('POST', '/containers', { headers: { authorization: `Bearer ${token}` } })

  for (const url of [
    '/',
    '/containers',
    '/containers/web',
    '/containers/keyed',
    '/audit',
    '/tokens',
    '/metrics',
    '/builds',
    '/images'
  ])
    t.equal((await ask('GET', url)).statusCode, 200, url)
  for (const url of ['/ports', '/system/info', '/openapi.json', '/health', '/containers/web/logs'])
    await ask('GET', url)
  await server.app.close()

  t.ok(canaries.size >= 25, `${canaries.size} secrets`)
  t.match(log, /"level":10|"level":20/, 'the log has its most detailed level')
  const places: Record<string, string> = { answers: said.join('\n'), log }
  for (const file of readdirSync(dataDir, { withFileTypes: true, recursive: true }))
    if (file.isFile()) places[file.name] = readFileSync(join(file.parentPath, file.name), 'latin1')
  t.match(Object.keys(places).toString(), /berth\.db/)
  for (const [place, text] of Object.entries(places)) {
    for (const [where, secret] of canaries) {
      const found = spellings(secret).filter((spelling) => text.includes(spelling))
      if (found.length > 0)
        t.fail(`${place} has the secret of: ${where}`, {
          found: text.slice(text.indexOf(found[0] ?? '') - 200).slice(0, 400)
        })
    }
  }
})
