import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { describeAddress, engineCandidates, type EngineSearch } from '../../../src/engine/docker/locate.ts'

const nowhere = { home: '/nonexistent' }

t.test('without any setting', async (t) => {
  t.test('offers the usual sockets, best first', async (t) => {
    const found = engineCandidates({ home: '/home/ann', runtimeDir: '/run/user/1000' })

    t.strictSame(
      found.map((address) => [describeAddress(address), address.source]),
      [
        ['unix:///var/run/docker.sock', 'default socket'],
        ['unix:///run/user/1000/docker.sock', 'rootless Docker'],
        ['unix:///home/ann/.docker/run/docker.sock', 'Docker Desktop'],
        ['unix:///run/user/1000/podman/podman.sock', 'rootless Podman'],
        ['unix:///run/podman/podman.sock', 'Podman']
      ]
    )
  })

  t.test('leaves out the sockets of an unknown runtime folder', async (t) => {
    t.strictSame(
      engineCandidates(nowhere).map(({ source }) => source),
      ['default socket', 'Docker Desktop', 'Podman']
    )
  })
})

t.test('DOCKER_HOST', async (t) => {
  const understood: [dockerHost: string, address: string, protocol: 'http' | 'https' | undefined][] = [
    ['unix:///run/other.sock', 'unix:///run/other.sock', undefined],
    ['unix://', 'unix:///var/run/docker.sock', undefined],
    ['tcp://10.0.0.5:2375', 'tcp://10.0.0.5:2375', 'http'],
    ['tcp://engine', 'tcp://engine:2375', 'http'],
    ['tcp://engine:80/', 'tcp://engine:80', 'http'],
    ['tcp://[fd00::5]:2375', 'tcp://[fd00::5]:2375', 'http'],
    ['TCP://engine:1', 'tcp://engine:1', 'http'],
    [' 127.0.0.1:2375 ', 'tcp://127.0.0.1:2375', 'http'],
    ['http://engine:80', 'tcp://engine:80', 'http'],
    ['https://engine', 'tcp://engine:2376', 'https'],
    ['https://engine:443', 'tcp://engine:443', 'https']
  ]
  for (const [dockerHost, address, protocol] of understood) {
    t.test(`${dockerHost} is the only candidate`, async (t) => {
      const found = engineCandidates({ ...nowhere, dockerHost })

      t.match(found, [{ source: 'DOCKER_HOST', ...(protocol && { protocol }) }])
      t.strictSame(found.map(describeAddress), [address])
    })
  }

  const refused: [dockerHost: string, advice: RegExp][] = [
    ['ssh://ann@engine', /not supported.*ssh -N -L.*DOCKER_HOST=unix:/],
    ['npipe:////./pipe/docker_engine', /Windows pipes/],
    ['fd://', /unix:\/\/\/var\/run\/docker\.sock/],
    ['ftp://engine', /unix:\/\/.* or tcp:\/\//],
    ['tcp://', /tcp:\/\/host:port/],
    ['tcp://engine:2375/base', /without a path/],
    ['engine:99999', /tcp:\/\/host:port/]
  ]
  for (const [dockerHost, advice] of refused) {
    t.test(`${dockerHost} is refused with advice`, async (t) => {
      t.throws(() => engineCandidates({ ...nowhere, dockerHost }), { message: advice })
    })
  }
})

t.test('TLS', async (t) => {
  const folder = t.testdir({ 'ca.pem': 'the ca', 'cert.pem': 'the cert', 'key.pem': 'the key', empty: {} })
  const files = { ca: Buffer.from('the ca'), cert: Buffer.from('the cert'), key: Buffer.from('the key') }
  const search = (settings: Partial<EngineSearch>) =>
    engineCandidates({ ...nowhere, dockerHost: 'tcp://engine', ...settings })

  t.test('DOCKER_TLS_VERIFY checks the engine with the files of DOCKER_CERT_PATH', async (t) => {
    t.match(search({ dockerTlsVerify: true, dockerCertPath: folder }), [
      { protocol: 'https', port: 2376, tls: { ...files, verify: true } }
    ])
  })

  t.test('DOCKER_CERT_PATH alone encrypts without checking the engine', async (t) => {
    t.match(search({ dockerCertPath: folder }), [{ protocol: 'https', tls: { ...files, verify: false } }])
  })

  t.test('takes the files of the configuration folder otherwise', async (t) => {
    t.match(search({ dockerTlsVerify: true, dockerConfig: folder }), [{ tls: { ...files, verify: true } }])
  })

  t.test('https:// without files is checked against the well-known authorities', async (t) => {
    t.strictSame(search({ dockerHost: 'https://engine' })[0], {
      kind: 'tcp',
      protocol: 'https',
      host: 'engine',
      port: 2376,
      source: 'DOCKER_HOST',
      tls: { verify: true }
    })
  })

  t.test('a DOCKER_CERT_PATH without any file is refused', async (t) => {
    t.throws(() => search({ dockerCertPath: join(folder, 'empty') }), { message: /no ca\.pem/ })
  })
})

t.test('the docker context', async (t) => {
  const contextFolder = (kind: 'meta' | 'tls', name: string) =>
    join('contexts', kind, createHash('sha256').update(name).digest('hex'))

  /** A folder like ~/.docker, with the given files by their path in it. */
  const configuration = (t: Tap, files: Record<string, unknown>) => {
    const folder = t.testdir({})
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), typeof content === 'string' ? content : JSON.stringify(content))
    }
    return folder
  }
  const metaFile = (name: string) => join(contextFolder('meta', name), 'meta.json')
  const metadata = (Host: string, SkipTLSVerify = false) => ({ Endpoints: { docker: { Host, SkipTLSVerify } } })

  t.test('named in config.json is the only candidate', async (t) => {
    const home = t.testdir({
      '.docker': { 'config.json': '{"currentContext":"lab"}', contexts: { meta: {} } }
    })
    const meta = join(home, '.docker', contextFolder('meta', 'lab'))
    mkdirSync(meta)
    writeFileSync(join(meta, 'meta.json'), JSON.stringify(metadata('unix:///run/lab.sock')))

    t.strictSame(engineCandidates({ home }), [
      { kind: 'socket', path: '/run/lab.sock', source: 'docker context "lab"' }
    ])
  })

  t.test('DOCKER_CONTEXT takes precedence over config.json, DOCKER_HOST over both', async (t) => {
    const dockerConfig = configuration(t, {
      'config.json': { currentContext: 'lab' },
      [metaFile('lab')]: metadata('unix:///run/lab.sock'),
      [metaFile('far')]: metadata('tcp://far:2375')
    })
    const search = { ...nowhere, dockerConfig, dockerContext: 'far' }

    t.strictSame(engineCandidates(search).map(describeAddress), ['tcp://far:2375'])
    t.strictSame(engineCandidates({ ...search, dockerHost: 'tcp://near' }).map(describeAddress), ['tcp://near:2375'])
  })

  t.test('brings its own TLS files', async (t) => {
    const dockerConfig = configuration(t, {
      [metaFile('far')]: metadata('tcp://far:2376', true),
      [join(contextFolder('tls', 'far'), 'docker', 'ca.pem')]: 'its ca'
    })

    t.match(engineCandidates({ ...nowhere, dockerConfig, dockerContext: 'far' }), [
      { protocol: 'https', tls: { ca: Buffer.from('its ca'), verify: false } }
    ])
  })

  t.test('"default" means the usual sockets', async (t) => {
    const dockerConfig = configuration(t, { 'config.json': { currentContext: 'default' } })

    t.strictSame(engineCandidates({ ...nowhere, dockerConfig }), engineCandidates(nowhere))
  })

  t.test('a missing context is named', async (t) => {
    t.throws(() => engineCandidates({ ...nowhere, dockerContext: 'lost' }), { message: /"lost" does not exist/ })
  })

  t.test('a config.json that is not JSON is named', async (t) => {
    const dockerConfig = configuration(t, { 'config.json': '{' })

    t.throws(() => engineCandidates({ ...nowhere, dockerConfig }), { message: /config\.json is not valid JSON/ })
  })
})

type Tap = Pick<typeof t, 'testdir'>
