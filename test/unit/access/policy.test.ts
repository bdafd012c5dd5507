import { writeFileSync } from 'node:fs'
import t from 'tap'
import { readPolicy } from '../../../src/access/policy-file.ts'
import { createPolicy } from '../../../src/access/policy.ts'
import { loadConfig } from '../../../src/load-config.ts'

const isAllowed = (patterns: string[], image: string) => {
  try {
    createPolicy({ images: patterns }).check({ images: [image] })
    return true
  } catch {
    return false
  }
}

t.test('images', async (t) => {
  const table: [pattern: string, allowed: string[], refused: string[]][] = [
    ['*', ['app'], ['ab', 'abc', 'f']],
    [
      'busybox',
      ['busybox', 'busybox:1', 'docker.io/library/busybox', 'docker.io/busybox', 'index.docker.io/library/busybox:2'],
      ['busybox2', 'x/busybox', 'localhost/busybox', 'evil.example/library/busybox', 'evil.example/docker.io/busybox']
    ],
    ['busybox:1.*', ['busybox:1.36'], ['busybox', 'busybox:1', 'busybox:1.36@sha256:0000', 'busybox:2']],
    ['busybox:latest', ['busybox', 'busybox:latest'], ['busybox:1']],
    ['*', ['busybox', 'anything:1'], ['team/app', 'evil.example/app']],
    ['team/*', ['team/app', 'docker.io/team/app:2'], ['team/app/deep', 'team', 'evil.example/team/app', 'teams/app']],
    [
      'registry.example/**',
      ['registry.example/a', 'registry.example/a/b/c:1'],
      ['registry.example.evil/a', 'a', 'registryxexample/a']
    ],
    ['registry.example:5000/team/*', ['registry.example:5000/team/app:1'], ['registry.example/team/app']],
    ['localhost:5001/*', ['localhost:5001/app'], ['localhost:5002/app', 'localhost/app']],
    ['app@sha256:abcd', ['app@sha256:abcd', 'app:1@sha256:abcd'], ['app', 'app@sha256:abce']],
    ['**', ['busybox', 'evil.example/a/b:1'], ['sha256:0000', 'deadbeef', '$BASE', 'registry.example/${X}', '']]
  ]
  for (const [pattern, allowed, refused] of table) {
    for (const image of allowed) t.ok(isAllowed([pattern], image), `${pattern} allows ${image}`)
    for (const image of refused) t.notOk(isAllowed([pattern], image), `${pattern} refuses ${image}`)
  }
  t.notOk(isAllowed([], 'busybox'), 'an empty list allows none')
  t.ok(isAllowed(['app', 'web'], 'web'), 'one of several')
  t.doesNotThrow(() => createPolicy({}).check({ images: ['sha256:0000'] }), 'no list allows all')
})

t.test('runtimes: the first matching rule applies, unless the request names another match', async (t) => {
  const { runtimeFor, runtimes } = createPolicy({
    runtimes: [
      { runtime: 'kata', images: ['strong/*'] },
      { runtime: 'runc', tokens: ['ci', 'team:core'] },
      { runtime: 'runsc' }
    ]
  })
  const given = (images: string[], tokens: string[], asked?: string) => runtimeFor({ images, tokens, asked })
  t.strictSame(runtimes, ['kata', 'runc', 'runsc'])
  t.equal(given(['app'], ['*', 'guest']), 'runsc')
  t.equal(given(['app'], ['*', 'ci']), 'runc')
  t.equal(given(['app'], ['*', 'x', 'team:core'], 'runsc'), 'runsc')
  t.equal(given(['sha256:00', 'strong/app:1'], ['*', 'ci']), 'kata', 'by each of its names')
  for (const asked of ['runc', 'kata', 'other'])
    t.throws(() => given(['app'], ['*', 'guest'], asked), { code: 'POLICY_REFUSED', message: /runtime/ })
  t.equal(createPolicy({}).runtimeFor({ images: ['app'], tokens: ['*'], asked: undefined }), undefined)
  t.throws(() => createPolicy({}).runtimeFor({ images: ['app'], tokens: ['*'], asked: 'runsc' }), /runtime/)
})

t.test('registries of the policy file get their canonical names', async (t) => {
  const read = (registries: object) => {
    const file = `${t.testdir({})}/policy.json`
    writeFileSync(file, JSON.stringify({ registries }))
    return readPolicy(file).registries
  }
  const rule = { pull: ['*'] }
  t.strictSame(read({ 'Index.docker.io': rule, 'A.example:5000': {}, '*': {} }), {
    'docker.io': rule,
    'a.example:5000': {},
    '*': {}
  })
  t.throws(() => read({ 'https://a.example': {} }), /"https:\/\/a.example" is no host/)
  t.throws(() => read({ 'a.example': { login: [] } }), /login/)
})

t.test('an image id never matches a pattern', async (t) => {
  for (const id of [
    'd',
    'de',
    'ade',
    'sha256:ab',
    'dead',
    'deadbeef0123',
    `sha256:${'a'.repeat(64)}`,
    'a'.repeat(64)
  ]) {
    t.notOk(isAllowed(['dead*', 'a*', 'sha256:*', '**'], id), id)
  }
  t.ok(isAllowed(['dead*'], 'deadbeef:1'), 'with a tag it is a name')
})

t.test('a refusal names every reason', async (t) => {
  const policy = createPolicy({ images: ['app'], volumes: ['data-*'], containers_per_token: 2 })
  t.throws(
    () => policy.check({ images: ['app', 'evil'], volumes: ['data-1', 'etc', 'data-1/x'], amounts: { containers: 3 } }),
    {
      code: 'POLICY_REFUSED',
      fields: [
        { field: 'image', message: /"evil"/ },
        { field: 'volumes', message: /"etc"/ },
        { field: 'volumes', message: /"data-1\/x"/ },
        { field: 'containers', message: /of a token may be 2 at most, and would be 3/ }
      ]
    }
  )
  t.doesNotThrow(() => policy.check({ images: ['app:7'], volumes: ['data-1'], amounts: { containers: 2 } }))
})

t.test('ceilings lower the settings and never raise them', async (t) => {
  const { config } = loadConfig({})
  const tight = createPolicy({ memory: 64 * 1024 ** 2, cpus: 0.5, pids_limit: 10 }).tighten(config)
  t.match(tight, { memoryDefault: 64 * 1024 ** 2, memoryMax: 64 * 1024 ** 2, cpusDefault: 0.5, cpusMax: 0.5 })
  t.match(tight, { pidsDefault: 10, pidsMax: 10, port: config.port })
  t.strictSame(createPolicy({ memory: 1024 ** 4, cpus: 1000 }).tighten(config), config)
  const small = createPolicy({ storage_size: 1024 ** 3, io_weight: 100 })
  t.match(small.tighten(config), { storageSizeDefault: 1024 ** 3, storageSizeMax: 1024 ** 3, ioWeightMax: 100 })
  const smaller = { ...config, storageSizeDefault: 1024 ** 2 }
  t.match(small.tighten(smaller), { storageSizeDefault: 1024 ** 2 }, 'a lower default stays')
  t.strictSame(createPolicy({}).tighten(config), config)
})

t.test('an invalid policy file ends the start', async (t) => {
  const folder = t.testdir({})
  const read = (text: string) => {
    writeFileSync(`${folder}/policy.json`, text)
    return readPolicy(`${folder}/policy.json`)
  }
  t.strictSame(readPolicy(undefined), {})
  t.strictSame(read('{"images": ["a"], "cpus": 2}'), { images: ['a'], cpus: 2 })
  t.throws(() => readPolicy(`${folder}/nothing.json`), { message: /nothing.json cannot be used: ENOENT/ })
  const table: [text: string, why: RegExp][] = [
    ['', /JSON/],
    ['{"images": ["a"]', /JSON/],
    ['[]', /must be an object/],
    ['null', /must be an object/],
    ['{"image": ["a"]}', /image is not a known field/],
    ['{"images": "a"}', /images must be a list/],
    ['{"images": [""]}', /images.0/],
    ['{"memory": "2g"}', /memory must be a whole number/],
    ['{"cpus": 0}', /cpus must be at least 0.01/]
  ]
  for (const [text, why] of table) t.throws(() => read(text), { message: why }, text)
})

t.test('labels of other software are set only if the policy names them', async (t) => {
  const policy = createPolicy({ labels: ['team.*'] })
  t.doesNotThrow(() => policy.check({ labels: ['team.owner'] }))
  t.throws(() => policy.check({ labels: ['traefik.enable', 'com.docker.compose.project'] }), {
    code: 'POLICY_REFUSED',
    fields: [
      { field: 'labels', message: /"traefik.enable"/ },
      { field: 'labels', message: /"com.docker.compose.project"/ }
    ]
  })
  t.doesNotThrow(() => createPolicy({}).check({ labels: ['traefik.enable'] }))
})
