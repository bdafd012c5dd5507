import t from 'tap'
import { AppError } from '../../../src/errors.ts'
import { createImageService } from '../../../src/images/service.ts'
import { idOf } from '../../helpers/records.ts'

const image = (tag: string) => ({ id: `sha256:${idOf(tag)}`, tags: [tag], exposedPorts: [] })
const listening = new AbortController().signal

function setUp({ present = [] as string[] } = {}) {
  const local = new Set(present)
  const calls: string[] = []
  const pulls: PromiseWithResolvers<void>[] = []
  let changed = () => {}
  const images = createImageService({
    engine: {
      async inspectImage(reference) {
        calls.push(`inspect ${reference}`)
        if (!local.has(reference)) throw new AppError('IMAGE_NOT_FOUND', 'no such image')
        return image(reference)
      },
      pullImage(reference) {
        calls.push(`pull ${reference}`)
        const pull = Promise.withResolvers<void>()
        pulls.push(pull)
        return pull.promise.then(() => void local.add(reference))
      }
    },
    onImagesChanged: (watcher) => {
      changed = watcher
    }
  })
  return { images, local, calls, pulls, changed: () => changed() }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

t.test('an image that is there is asked for once', async (t) => {
  const { images, calls, changed } = setUp({ present: ['app:1'] })
  t.match(await images.find('app:1', 'missing', listening), { tags: ['app:1'] })
  await images.find('app:1', 'never', listening)
  t.strictSame(calls, ['inspect app:1'])
  changed()
  await images.find('app:1', 'missing', listening)
  t.strictSame(calls, ['inspect app:1', 'inspect app:1'], 'until the engine says that images changed')
})

t.test('one that is missing is fetched', async (t) => {
  const { images, calls, pulls } = setUp()
  const found = images.find('app:1', 'missing', listening)
  await turn()
  pulls[0]?.resolve()
  t.match(await found, { tags: ['app:1'] })
  t.strictSame(calls, ['inspect app:1', 'pull app:1', 'inspect app:1'])
})

t.test('"always" fetches it although it is there', async (t) => {
  const { images, calls, pulls } = setUp({ present: ['app:1'] })
  const found = images.find('app:1', 'always', listening)
  await turn()
  pulls[0]?.resolve()
  await found
  t.strictSame(calls, ['pull app:1', 'inspect app:1'])
})

t.test('"never" does not fetch it', async (t) => {
  const { images, calls } = setUp()
  await t.rejects(images.find('app:1', 'never', listening), { code: 'IMAGE_NOT_FOUND', message: /pull is "never"/ })
  t.strictSame(calls, ['inspect app:1'])
})

t.test('requests for the same image share one pull', async (t) => {
  const { images, calls, pulls } = setUp()
  const found = ['app:1', 'app:1', 'other:1'].map((reference) => images.find(reference, 'missing', listening))
  await turn()
  t.equal(pulls.length, 2)
  for (const pull of pulls) pull.resolve()
  await Promise.all(found)
  t.equal(calls.filter((call) => call === 'pull app:1').length, 1)
})

t.test('one that goes away does not end the pull of the others', async (t) => {
  const { images, pulls } = setUp()
  const client = new AbortController()
  const gone = images.find('app:1', 'missing', client.signal)
  const stays = images.find('app:1', 'missing', listening)
  await turn()
  client.abort()
  await t.rejects(gone, { code: 'REQUEST_CANCELLED' })
  pulls[0]?.resolve()
  t.match(await stays, { tags: ['app:1'] })
})

t.test('a pull that fails fails for all who wait, and the next one tries again', async (t) => {
  const { images, pulls } = setUp()
  const both = [images.find('app:1', 'missing', listening), images.find('app:1', 'missing', listening)]
  await turn()
  pulls[0]?.reject(new AppError('REGISTRY_UNAVAILABLE', 'not now'))
  for (const each of both) await t.rejects(each, { code: 'REGISTRY_UNAVAILABLE' })
  const again = images.find('app:1', 'missing', listening)
  await turn()
  t.equal(pulls.length, 2)
  pulls[1]?.resolve()
  t.match(await again, { tags: ['app:1'] })
})

t.test('a pull that fails when nobody waits any more harms nobody', async (t) => {
  const { images, pulls } = setUp()
  const client = new AbortController()
  const gone = images.find('app:1', 'missing', client.signal)
  await turn()
  client.abort()
  await t.rejects(gone, { code: 'REQUEST_CANCELLED' })
  pulls[0]?.reject(new AppError('REGISTRY_UNAVAILABLE', 'not now'))
  await turn()
})

t.test('an image that was pulled and cannot be found is not there', async (t) => {
  const { images, pulls, local } = setUp()
  const found = images.find('app:1', 'missing', listening)
  await turn()
  local.add = () => local
  pulls[0]?.resolve()
  await t.rejects(found, { code: 'IMAGE_NOT_FOUND', message: /was pulled but cannot be found/ })
})

t.test('an engine that is away is not an image that is missing', async (t) => {
  const images = createImageService({
    engine: {
      inspectImage: async () => {
        throw new AppError('ENGINE_UNAVAILABLE', 'away')
      },
      pullImage: async () => void t.fail('nothing is pulled')
    },
    onImagesChanged: () => {}
  })
  await t.rejects(images.find('app:1', 'missing', listening), { code: 'ENGINE_UNAVAILABLE' })
})
