import t from 'tap'
import { familiarName, parseReference, registryName, shortName } from '../../../src/lib/reference.ts'

const DIGEST = `sha256:${'ab'.repeat(32)}`

t.test('the registry, repository, tag and digest of a name', async (t) => {
  const table: [text: string, registry: string, repository: string, tag?: string | undefined, digest?: string][] = [
    ['nginx', 'docker.io', 'library/nginx'],
    ['nginx:1.27', 'docker.io', 'library/nginx', '1.27'],
    ['shop/web', 'docker.io', 'shop/web'],
    ['docker.io/nginx', 'docker.io', 'library/nginx'],
    ['index.docker.io/shop/web:2', 'docker.io', 'shop/web', '2'],
    ['localhost/web', 'localhost', 'web'],
    ['localhost:5000/web', 'localhost:5000', 'web'],
    ['127.0.0.1:5000/shop/web:1', '127.0.0.1:5000', 'shop/web', '1'],
    ['[::1]:5000/web', '[::1]:5000', 'web'],
    ['registry.example.com/team/app:v1', 'registry.example.com', 'team/app', 'v1'],
    ['Registry.Example.com/app', 'registry.example.com', 'app'],
    ['registry:5000/app', 'registry:5000', 'app'],
    ['registry/app', 'docker.io', 'registry/app'],
    [`nginx@${DIGEST}`, 'docker.io', 'library/nginx', undefined, DIGEST],
    [`ghcr.io/a/b:1@${DIGEST}`, 'ghcr.io', 'a/b', '1', DIGEST],
    ['a__b-d---e/f_g.h', 'docker.io', 'a__b-d---e/f_g.h'],
    ['xn--e1afmkfd.example/app', 'xn--e1afmkfd.example', 'app']
  ]
  for (const [text, registry, repository, tag, digest] of table)
    t.strictSame(parseReference(text), { registry, repository, tag, digest }, text)
})

t.test('invalid image names', async (t) => {
  const table = [
    ...[
      '',
      ':1',
      '/web',
      'web/',
      'a//b',
      'Web',
      'web:',
      'web:-1',
      'web:a b',
      `web:${'x'.repeat(129)}`,
      ' web',
      'web\n'
    ],
    ...[
      '-x',
      '../..',
      'a..b',
      '_a',
      'http://registry.example.com/app',
      'user:pw@host/app',
      'host:99999/app',
      'host:0/app'
    ],
    ...['web@sha256:short', 'web@', `web@${DIGEST}@${DIGEST}`, 'a.b_/c', 'exa mple.com/x', '-a.com/x', 'a.com-/x'],
    ...['169.254.169.254/../x', 'x?y', 'x#y', 'x%2fy', 'ab'.repeat(32), `a.com/${'x'.repeat(256)}`]
  ]
  for (const text of table) t.equal(parseReference(text), undefined, JSON.stringify(text))
})

t.test('all names of Docker Hub mean the same registry', async (t) => {
  for (const name of ['docker.io', 'index.docker.io', 'registry-1.docker.io', 'DOCKER.IO'])
    t.equal(registryName(name), 'docker.io')
  t.equal(registryName('docker.io.example.com'), 'docker.io.example.com')
  t.equal(registryName('docker.io:443'), 'docker.io:443', 'which is another registry to a login')
})

t.test('a repository is shown as Docker shows it', async (t) => {
  for (const name of ['nginx', 'shop/web', 'localhost:5000/shop/web'])
    t.equal(familiarName(parseReference(name)!), name)
  t.equal(familiarName(parseReference('docker.io/library/nginx:1')!), 'nginx')
})

t.test('a whole name is shown as Docker shows it', async (t) => {
  const digest = `sha256:${'ab'.repeat(32)}`
  const names = {
    'docker.io/library/nginx:1.27': 'nginx:1.27',
    'docker.io/team/app:2': 'team/app:2',
    [`docker.io/library/nginx@${digest}`]: `nginx@${digest}`,
    'localhost/app:1': 'localhost/app:1',
    'ghcr.io/team/app:2': 'ghcr.io/team/app:2',
    'nginx:1.27': 'nginx:1.27',
    'docker.io/library/nginx': 'docker.io/library/nginx',
    ['ab'.repeat(32)]: 'ab'.repeat(32),
    '<none>:<none>': '<none>:<none>'
  }
  for (const [whole, short] of Object.entries(names)) t.equal(shortName(whole), short)
})
