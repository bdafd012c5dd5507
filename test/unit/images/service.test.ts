import t from 'tap'
import { OPERATOR } from '../../../src/access/caller.ts'
import { AppError } from '../../../src/errors.ts'
import { createImageService } from '../../../src/images/service.ts'
import type { Transfer } from '../../../src/engine/contract/images.ts'
import { Login } from '../../../src/registry/login.ts'
import { fakeEngine } from '../../helpers/fake-engine.ts'
import { openStore } from '../../../src/store/sqlite/open.ts'
import { image } from '../../helpers/records.ts'

const listening = new AbortController().signal

function setUp({ present = [] as string[], login = undefined as Login | undefined } = {}) {
  const local = new Set(present)
  const calls: string[] = []
  const pulls: (PromiseWithResolvers<void> & { transfer: Transfer })[] = []
  const asked: { registry: string; credentials: unknown }[] = []
  let changed = () => {}
  const images = createImageService({
    engine: fakeEngine({
      async inspectImage(reference) {
        calls.push(`inspect ${reference}`)
        return local.has(reference) ? image({ tags: [reference] }) : undefined
      },
      pullImage(reference, transfer = {}) {
        calls.push(`pull ${reference}`)
        const pull = Promise.withResolvers<void>()
        pulls.push({ ...pull, transfer })
        return pull.promise.then(() => void local.add(reference))
      },
      listImages: async () => [...local].map((reference) => image({ tags: [reference] })),
      async pushImage(reference, { login: shown } = {}) {
        calls.push(`push ${reference} ${shown?.registry ?? 'without a login'}`)
        return { digest: 'sha256:x', sizeBytes: 1 }
      }
    }),
    registries: {
      checkReach: async () => {},
      mayUseLogin: () => true,
      checkLogin() {},
      ownLogin: () => undefined,
      withOwnLogin: async () => void t.fail('no cluster') as never,
      withLogin(registry, _use, { credentials }, task) {
        asked.push({ registry, credentials })
        return task(login)
      },
      confirm: async () => ({ confirmed: true })
    },
    containers: () => [],
    policy: { check() {} },
    table: openStore(':memory:').imageNames,
    defaultImage: 'base-api-server:latest',
    onImagesChanged: (watcher) => {
      changed = watcher
    }
  })
  return { images, local, calls, pulls, asked, changed: () => changed() }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

t.test('a present image is looked up once', async (t) => {
  const { images, calls, changed } = setUp({ present: ['app:1'] })
  t.match(await images.find(OPERATOR, 'app:1', { pull: 'missing', signal: listening }), { tags: ['app:1'] })
  await images.find(OPERATOR, 'app:1', { pull: 'never', signal: listening })
  t.strictSame(calls, ['inspect app:1'])
  changed()
  await images.find(OPERATOR, 'app:1', { pull: 'missing', signal: listening })
  t.strictSame(calls, ['inspect app:1', 'inspect app:1'], 'until the engine reports a change of images')
})

t.test('a missing image is pulled', async (t) => {
  const { images, calls, pulls } = setUp()
  const found = images.find(OPERATOR, 'app:1', { pull: 'missing', signal: listening })
  await turn()
  pulls[0]?.resolve()
  t.match(await found, { tags: ['app:1'] })
  t.strictSame(calls, ['inspect app:1', 'pull app:1', 'inspect app:1'])
})

t.test('"always" pulls a present image', async (t) => {
  const { images, calls, pulls } = setUp({ present: ['app:1'] })
  const found = images.find(OPERATOR, 'app:1', { pull: 'always', signal: listening })
  await turn()
  pulls[0]?.resolve()
  await found
  t.strictSame(calls, ['pull app:1', 'inspect app:1'])
})

t.test('"never" does not pull', async (t) => {
  const { images, calls } = setUp()
  await t.rejects(images.find(OPERATOR, 'app:1', { pull: 'never', signal: listening }), {
    code: 'IMAGE_NOT_FOUND',
    message: /pull is "never"/
  })
  t.strictSame(calls, ['inspect app:1'])
})

t.test('requests for the same image share one pull', async (t) => {
  const { images, calls, pulls } = setUp()
  const found = ['app:1', 'app:1', 'other:1'].map((reference) =>
    images.find(OPERATOR, reference, { pull: 'missing', signal: listening })
  )
  await turn()
  t.equal(pulls.length, 2)
  for (const pull of pulls) pull.resolve()
  await Promise.all(found)
  t.equal(calls.filter((call) => call === 'pull app:1').length, 1)
})

t.test('a client that disconnects does not end a shared pull', async (t) => {
  const { images, pulls } = setUp()
  const client = new AbortController()
  const gone = images.find(OPERATOR, 'app:1', { pull: 'missing', signal: client.signal })
  const stays = images.find(OPERATOR, 'app:1', { pull: 'missing', signal: listening })
  await turn()
  client.abort()
  await t.rejects(gone, { code: 'REQUEST_CANCELLED' })
  pulls[0]?.resolve()
  t.match(await stays, { tags: ['app:1'] })
})

t.test('a failed pull fails all waiting requests, and the next request retries', async (t) => {
  const { images, pulls } = setUp()
  const both = [
    images.find(OPERATOR, 'app:1', { pull: 'missing', signal: listening }),
    images.find(OPERATOR, 'app:1', { pull: 'missing', signal: listening })
  ]
  await turn()
  pulls[0]?.reject(new AppError('REGISTRY_UNAVAILABLE', 'not now'))
  for (const each of both) await t.rejects(each, { code: 'REGISTRY_UNAVAILABLE' })
  const again = images.find(OPERATOR, 'app:1', { pull: 'missing', signal: listening })
  await turn()
  t.equal(pulls.length, 2)
  pulls[1]?.resolve()
  t.match(await again, { tags: ['app:1'] })
})

t.test('a pull that fails without waiting requests harms nothing', async (t) => {
  const { images, pulls } = setUp()
  const client = new AbortController()
  const gone = images.find(OPERATOR, 'app:1', { pull: 'missing', signal: client.signal })
  await turn()
  client.abort()
  await t.rejects(gone, { code: 'REQUEST_CANCELLED' })
  pulls[0]?.reject(new AppError('REGISTRY_UNAVAILABLE', 'not now'))
  await turn()
})

t.test('a pulled image that cannot be found is missing', async (t) => {
  const { images, pulls, local } = setUp()
  const found = images.find(OPERATOR, 'app:1', { pull: 'missing', signal: listening })
  await turn()
  local.add = () => local
  pulls[0]?.resolve()
  await t.rejects(found, { code: 'IMAGE_NOT_FOUND', message: /was pulled but cannot be found/ })
})

t.test('an unreachable engine is not a missing image', async (t) => {
  const images = createImageService({
    engine: fakeEngine({
      inspectImage: async () => {
        throw new AppError('ENGINE_UNAVAILABLE', 'away')
      }
    }),
    registries: {
      checkReach: async () => {},
      mayUseLogin: () => true,
      checkLogin() {},
      ownLogin: () => undefined,
      withOwnLogin: async () => void t.fail('no cluster') as never,
      withLogin: async () => void t.fail('nothing is pulled') as never,
      confirm: async () => void t.fail('nothing is pushed') as never
    },
    containers: () => [],
    policy: { check() {} },
    table: openStore(':memory:').imageNames,
    defaultImage: 'base-api-server:latest',
    onImagesChanged: () => {}
  })
  await t.rejects(images.find(OPERATOR, 'app:1', { pull: 'missing', signal: listening }), {
    code: 'ENGINE_UNAVAILABLE'
  })
})

t.test('a pull stops when its last waiting client disconnects', async (t) => {
  const { images, pulls } = setUp()
  const clients = [new AbortController(), new AbortController()]
  const gone = clients.map(({ signal }) => images.find(OPERATOR, 'app:1', { pull: 'missing', signal }))
  await turn()
  t.equal(pulls.length, 1)
  clients[0]?.abort()
  await t.rejects(gone[0]!, { code: 'REQUEST_CANCELLED' })
  t.notOk(pulls[0]?.transfer.signal?.aborted, 'one still waits')
  clients[1]?.abort()
  await t.rejects(gone[1]!, { code: 'REQUEST_CANCELLED' })
  t.ok(pulls[0]?.transfer.signal?.aborted)
  const again = images.find(OPERATOR, 'app:1', { pull: 'missing', signal: listening })
  await turn()
  t.equal(pulls.length, 2, 'and the next one starts over')
  pulls[1]?.resolve()
  await again
})

t.test('every client of a shared pull gets its progress', async (t) => {
  const { images, pulls } = setUp()
  const heard: string[] = []
  const follow = (name: string) =>
    images.pull(OPERATOR, 'app:1', {
      signal: listening,
      onProgress: ({ status }) => void heard.push(`${name} ${status}`)
    })
  const both = [follow('one'), follow('two')]
  await turn()
  pulls[0]?.transfer.onProgress?.({ layer: null, status: 'Downloading', currentBytes: null, totalBytes: null })
  pulls[0]?.resolve()
  await Promise.all(both)
  t.strictSame(heard, ['one Downloading', 'two Downloading'])
})

t.test('a pull with credentials is not shared', async (t) => {
  const { images, pulls, asked } = setUp()
  const credentials = { username: 'ada', password: 'x' }
  const all = [
    images.pull(OPERATOR, 'a.example/app:1', { signal: listening }),
    images.pull(OPERATOR, 'a.example/app:1', { credentials, signal: listening })
  ]
  await turn()
  t.equal(pulls.length, 2)
  t.strictSame(
    asked.map((each) => each.credentials),
    [undefined, credentials]
  )
  for (const pull of pulls) pull.resolve()
  await Promise.all(all)
})

t.test('a push carries the login of its registry', async (t) => {
  const login = new Login('a.example:5000', { username: 'ada', password: 'x' })
  const { images, calls, asked } = setUp({ login })
  t.strictSame(await images.push(OPERATOR, 'a.example:5000/app:1', { signal: listening }), {
    image: 'a.example:5000/app:1',
    registry: 'a.example:5000',
    digest: 'sha256:x',
    size: 1,
    confirmed: true,
    message: 'Pushed, and the registry has it'
  })
  t.strictSame(calls, ['inspect a.example:5000/app:1', 'push a.example:5000/app:1 a.example:5000'])
  t.match(asked, [{ registry: 'a.example:5000' }])
})

t.test('an invalid image name is an error of the client', async (t) => {
  const { images, calls } = setUp()
  for (const name of ['Not a name', 'http://a.example/app', 'a.example:99999/app']) {
    const told = { code: 'INVALID_REQUEST', fields: [{ field: 'image' }] }
    await t.rejects(images.push(OPERATOR, name, { signal: listening }), told, name)
    await t.rejects(images.pull(OPERATOR, name, { signal: listening }), told, name)
  }
  await t.rejects(images.push(OPERATOR, `app@sha256:${'a'.repeat(64)}`, { signal: listening }), {
    message: /by digest/
  })
  await t.rejects(images.find(OPERATOR, `sha256:${'a'.repeat(64)}`, { pull: 'missing', signal: listening }), {
    code: 'IMAGE_NOT_FOUND'
  })
  t.strictSame(
    calls.filter((call) => !call.startsWith('inspect')),
    []
  )
})
