// Errors about a pattern explain it in words, with an example, and never show the bare pattern.

import t from 'tap'
import { build, problem } from '../helpers/build.ts'
import { until } from '../helpers/until.ts'

const REFUSED: [url: string, body: object, message: RegExp][] = [
  ['/containers', { name: 'x' }, /^name must be 2 to 63 letters.*such as web-1$/],
  ['/containers', { name: '-web' }, /^name must be 2 to 63 letters/],
  ['/containers', { name: 'deadbeef0123' }, /^name looks like the id of a container/],
  ['/containers', { image: 'a b' }, /^image must be the name of an image, such as nginx:1\.27/],
  ['/containers', { env: { 'A B': '1' } }, /^env\.A B is not a name of a variable.*such as LOG_LEVEL$/],
  [
    '/containers',
    { env: { 1: '1' } },
    /^env\.1 is not a name of a variable.* begin with a letter or _, such as LOG_LEVEL$/
  ],
  ['/containers', { env: ['A=b'] }, /^env must be an object, such as \{"LOG_LEVEL":"debug"\}$/],
  ['/containers', { volumes: ['data:/data'] }, /^volumes\.0 must be an object, such as \{"source":"shop-data",/],
  ['/containers', { cpus: 0 }, /^cpus must be at least 0\.01$/],
  ['/containers', { command: [] }, /^command must not be empty$/],
  ['/containers', { start: 'yes' }, /^start must be true or false$/],
  ['/containers', { labels: { '': 'x' } }, /^labels\. must be 1 to 255 characters long$/],
  ['/containers', { working_dir: 'srv' }, /^working_dir must be an absolute path, such as \/data$/],
  ['/containers', { user: 'a b' }, /^user must be a user, or a user and a group/],
  ['/containers', { network: 'a b' }, /^network must be the name of a network, such as shop/],
  ['/containers', { network: 'shop', aliases: ['-'] }, /^aliases\.0 must be up to 63 letters.*such as db$/],
  ['/containers', { volumes: [{ source: '/etc', target: '/data' }] }, /^volumes\.0\.source must be 2 to 63 letters/],
  ['/containers', { wait: 'http', wait_path: 'health' }, /^wait_path must begin with \/ .*such as \/health$/],
  ['/networks', { name: 'a b' }, /^name must be up to 63 letters.*such as shop$/],
  ['/tokens', { name: 'a b', scopes: ['read'] }, /^name must be up to 63 letters.*such as ci$/]
]

t.test('the error explains the rule in a sentence', async (t) => {
  const { post } = await build(t)
  for (const [url, body, message] of REFUSED) {
    const { detail } = problem(t, await post(url, body), 400, 'INVALID_REQUEST')
    t.match(detail, message)
    t.notMatch(detail, /pattern/)
  }
})

t.test('every pattern of the document is explained in words', async (t) => {
  const { get } = await build(t)
  const bare: string[] = []
  const look = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null) return
    if ('pattern' in value && typeof value.pattern === 'string' && !('x-rule' in value)) bare.push(path)
    for (const [name, inner] of Object.entries(value)) look(inner, `${path}/${name}`)
  }
  look((await get('/openapi.json')).json(), '')
  t.strictSame(bare, [])
})

t.test('the id of a build', async (t) => {
  const { get } = await build(t)
  t.match(problem(t, await get('/builds/7'), 400, 'INVALID_REQUEST').detail, /^id must be a UUID, such as c5b0844f-/)
})

t.test('a container is found by its id, even if another has this id as its name', async (t) => {
  const { engine, get, make, post } = await build(t)
  const one = await make({ name: 'one' })
  engine.add({ name: one.id, image: 'other' })
  engine.add({ name: 'cafe' })
  await until(async () => (await get('/containers/cafe')).statusCode === 200)
  t.match((await get(`/containers/${one.id}`)).json(), { name: 'one' })
  t.match((await post(`/containers/${one.id}/stop`)).json(), { name: 'one', state: 'exited' })
})

t.test('an IPv6 address is in brackets', async (t) => {
  const { make } = await build(t, { env: { BERTH_PUBLISH_HOST: '::1' } })
  t.match(await make({}), { ports: { '5000/tcp': '[::1]:8001' }, url: 'http://[::1]:8001' })
})
