import { chmodSync, writeFileSync } from 'node:fs'
import { inspect } from 'node:util'
import t from 'tap'
import type { Test } from 'tap'
import { findInDockerConfig } from '../../../src/registry/docker-config.ts'
import { createLogin, Login, loginOfRequest } from '../../../src/registry/login.ts'
import { createLogins, inspectRegistriesFile } from '../../../src/registry/logins.ts'
import { registryOf } from '../../../src/lib/reference.ts'
import { parseRegistriesFile } from '../../../src/registry/registries-file.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')

function logins(t: Test, given: { file?: unknown; hub?: object; docker?: unknown }) {
  const folder = t.testdir({})
  const path = (name: string, content: unknown) => {
    if (content === undefined) return undefined
    const file = `${folder}/${name}`
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content), { mode: 0o600 })
    return file
  }
  const warnings: object[] = []
  const sources = {
    registriesFile: path('registries.json', given.file),
    ofNamespace: { registry: 'docker.io', username: undefined, password: undefined, ...given.hub },
    dockerConfigFile: path('config.json', given.docker) ?? `${folder}/none.json`
  }
  return { ...createLogins(sources, { warn: (fields) => void warnings.push(fields) }), warnings, sources }
}

t.test('the best matching login', async (t) => {
  const file = { 'a.example': { username: 'file', password: 'p' }, 'docker.io': { identity_token: 'hub-token' } }
  const docker = {
    auths: { 'a.example': { auth: base64('docker:p') }, 'https://index.docker.io/v1/': { auth: base64('docker:p') } }
  }
  const hub = { username: 'env', password: 'p' }
  const revealed = (given: object, registry: string) => logins(t, given).find(registry).login?.reveal()

  t.match(revealed({ file, docker, hub }, 'a.example'), { username: 'file' })
  t.match(revealed({ docker, hub }, 'a.example'), { username: 'docker' })
  t.match(revealed({ file, docker, hub }, 'docker.io'), { identityToken: 'hub-token' })
  t.match(revealed({ docker, hub }, 'docker.io'), { username: 'env' })
  t.match(revealed({ docker }, 'docker.io'), { username: 'docker' })
})

t.test('a login applies to its own host and port only', async (t) => {
  const file = { 'a.example:5000': { username: 'ada', password: 'p' } }
  const docker = { auths: { 'https://b.example:5000/v2/': { auth: base64('bob:p') } } }
  const hub = { username: 'env', password: 'p' }
  const { find } = logins(t, { file, docker, hub })
  t.equal(find('a.example:5000').login?.registry, 'a.example:5000')
  t.equal(find('b.example:5000').login?.registry, 'b.example:5000')
  for (const other of [
    'a.example',
    'a.example:5001',
    'b.example',
    'x.a.example:5000',
    'docker.io.example',
    'docker.io:443'
  ])
    t.equal(find(other).login, undefined, other)
})

t.test('DOCKERHUB_* apply only to the registry of the namespace', async (t) => {
  t.equal(registryOf('team'), 'docker.io')
  t.equal(registryOf(undefined), 'docker.io')
  t.equal(registryOf('Docker.io/team'), 'docker.io')
  t.equal(registryOf('127.0.0.1:5055/team'), '127.0.0.1:5055')
  const { find } = logins(t, { hub: { registry: '127.0.0.1:5055', username: 'env', password: 'p' } })
  t.match(find('127.0.0.1:5055').login?.reveal(), { username: 'env' })
  t.equal(find('docker.io').login, undefined)
})

t.test('a credential helper is not started, and the error appears where a login is needed', async (t) => {
  const { find } = logins(t, {
    docker: { credsStore: 'desktop', credHelpers: { 'c.example': 'ecr-login' }, auths: { 'a.example': {} } }
  })
  t.match(find('a.example'), {
    login: undefined,
    hint: /credential helper "desktop".*does not start.*BERTH_REGISTRIES_FILE/
  })
  t.match(find('c.example').hint, /"ecr-login"/)
  const both = logins(t, { docker: { credsStore: 'desktop', auths: { 'a.example': { auth: base64('a:b') } } } })
  t.match(both.find('a.example'), { login: Login, hint: undefined })
})

t.test('an invalid file is reported without its contents, and blocks nothing else', async (t) => {
  const { find, warnings } = logins(t, {
    file: '{"a.example": {"username": "ada", "password": "canary',
    docker: '{"canary'
  })
  const { login, hint } = find('a.example')
  t.equal(login, undefined)
  t.match(hint, /registries\.json cannot be used: is not JSON\. .*config\.json cannot be used: is not a JSON object/)
  t.equal(warnings.length, 2)
  t.notMatch(inspect([hint, warnings]), /canary/)
  t.strictSame(logins(t, {}).find('a.example'), { login: undefined, authHosts: [], check: true, hint: undefined })
})

t.test('the file of an operator', async (t) => {
  const folder = t.testdir({ 'ok.json': '{}', 'bad.json': '[]' })
  chmodSync(`${folder}/ok.json`, 0o644)
  t.match(inspectRegistriesFile(`${folder}/ok.json`), { warning: /chmod 600/, problem: undefined })
  chmodSync(`${folder}/ok.json`, 0o600)
  t.strictSame(inspectRegistriesFile(`${folder}/ok.json`), {})
  t.match(inspectRegistriesFile(`${folder}/bad.json`), { problem: /must be a JSON object/ })
  t.match(inspectRegistriesFile(`${folder}/none.json`), { problem: /cannot be read \(ENOENT\)/ })

  const entry =
    (value: unknown, host = 'a.example') =>
    () =>
      parseRegistriesFile(JSON.stringify({ [host]: value }))
  const table: [task: () => unknown, problem: RegExp][] = [
    [entry({}, 'https://a.example/v2/'), /is no host/],
    [entry('ada:canary'), /must be an object/],
    [entry({ user: 'canary' }), /unknown field "user"/],
    [entry({ username: 'ada' }), /needs username and password/],
    [entry({ username: 'ada', password: 7 }), /needs username and password/],
    [entry({ username: 'ada', password: 'canary', identity_token: 'x' }), /identity_token alone/],
    [entry({ auth_hosts: 'b.example' }), /list of hosts/],
    [entry({ check: 'no' }), /true or false/]
  ]
  for (const [task, problem] of table) {
    const error = t.throws(task, problem) as Error
    t.notMatch(error.message, /canary/)
  }
  t.match(entry({ auth_hosts: ['Auth.Example'], check: false })().get('a.example'), {
    authHosts: ['auth.example'],
    check: false,
    login: undefined
  })
  t.ok(parseRegistriesFile('{"index.docker.io": {"identity_token": "x"}}').get('docker.io')?.login)
})

t.test("Docker's own file, in all its forms", async (t) => {
  const found = (config: object, registry = 'a.example') => findInDockerConfig(JSON.stringify(config), registry)
  t.match(found({ auths: { 'a.example': { auth: base64('ada:with:colons') } } }).login?.reveal(), {
    username: 'ada',
    password: 'with:colons'
  })
  t.match(found({ auths: { 'a.example': { auth: base64('ada:p\0\0') } } }).login?.reveal(), { password: 'p' })
  t.match(found({ auths: { 'a.example': { username: 'ada', password: 'p' } } }).login?.reveal(), { username: 'ada' })
  t.match(found({ auths: { 'a.example': { auth: base64('0:'), identitytoken: 'tok' } } }).login?.reveal(), {
    identityToken: 'tok'
  })
  t.strictSame(found({ auths: { 'a.example': {} } }), {})
  t.strictSame(found({ auths: { 'a.example': { auth: base64('no-colon') } } }), {})
  t.strictSame(found({}), {})
})

t.test('a login printed by accident does not show its secret', async (t) => {
  const login = loginOfRequest('a.example', { username: 'ada', password: 'canary' })
  t.notMatch(inspect(login, { showHidden: true, depth: null }), /canary/)
  t.notMatch(JSON.stringify({ login }), /canary/)
  t.notMatch(`${login}`, /canary/)
})

t.test('incomplete credentials of a request are refused', async (t) => {
  for (const given of [
    {},
    { username: 'a' },
    { password: 'b' },
    { username: 'a', password: 'b', identity_token: 'c' }
  ]) {
    t.throws(() => loginOfRequest('a.example', given), { code: 'INVALID_REQUEST', fields: [{ field: 'credentials' }] })
    t.equal(createLogin('a.example', given), undefined)
  }
})
