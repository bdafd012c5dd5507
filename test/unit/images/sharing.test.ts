import t from 'tap'
import { OPERATOR } from '../../../src/access/caller.ts'
import { createSharing, sharedName } from '../../../src/images/sharing.ts'
import { Login } from '../../../src/registry/login.ts'
import { image } from '../../helpers/records.ts'

const ID = `sha256:${'3fa9c2d17b60'.padEnd(64, '0')}`
const REGISTRY = 'registry.example:5000'
const DIGEST = `sha256:${'d'.repeat(64)}`

function create(registry: string | undefined, login?: Login) {
  const calls: string[] = []
  const share = createSharing({
    cluster: { registry },
    registries: {
      mayUseLogin: () => true,
      ownLogin: () => login,
      withOwnLogin(host, _signal, task) {
        calls.push(`login ${host}`)
        return task(undefined)
      }
    },
    engine: {
      tagImage: async (source, target) => void calls.push(`tag ${source} ${target}`),
      async pushImage(reference) {
        calls.push(`push ${reference}`)
        return { digest: DIGEST, sizeBytes: 1 }
      }
    },
    claim: async (_caller, name) => void calls.push(`claim ${name}`),
    onTagged: () => calls.push('tagged')
  })
  const { signal } = new AbortController()
  return {
    calls,
    share: (reference: string, found: Parameters<typeof image>[0]) =>
      share(OPERATOR, reference, image({ id: ID, ...found }), { signal })
  }
}

t.test('a local image is pushed with a tag of its content', async (t) => {
  const { share, calls } = create(`${REGISTRY}/team`)
  const name = `${REGISTRY}/team/shop/web:3fa9c2d17b60`
  t.strictSame(await share('shop/web:1', { tags: ['shop/web:1'], digests: [] }), { image: name })
  t.strictSame(calls, [`claim ${name}`, `tag ${ID} ${name}`, `login ${REGISTRY}`, `push ${name}`, 'tagged'])
})

t.test('an image in the registry of the cluster is not pushed again', async (t) => {
  const { share, calls } = create(REGISTRY)
  const name = `${REGISTRY}/web:3fa9c2d17b60`
  const found = { tags: ['web:1', name], digests: [`${REGISTRY}/web@${DIGEST}`] }
  t.strictSame(await share('web:1', found), { image: name })
  t.strictSame(calls, [])
})

t.test('an image from another registry is used from there', async (t) => {
  const { share, calls } = create(REGISTRY)
  t.strictSame(await share('nginx:1', { tags: ['nginx:1'], digests: [`nginx@${DIGEST}`] }), { image: 'nginx:1' })
  t.strictSame(await share(`nginx@${DIGEST}`, {}), { image: `nginx@${DIGEST}` })
  t.strictSame(calls, [])
})

t.test('nothing is pushed without a registry of the cluster', async (t) => {
  const { share, calls } = create(undefined)
  t.strictSame(await share('web:1', { tags: ['web:1'] }), { image: 'web:1' })
  t.strictSame(calls, [])
})

t.test('names become valid paths', async (t) => {
  t.equal(sharedName(REGISTRY, 'nginx:1', ID), `${REGISTRY}/nginx:3fa9c2d17b60`)
  t.equal(sharedName(REGISTRY, '127.0.0.1:5000/web:1', ID), `${REGISTRY}/127.0.0.1-5000/web:3fa9c2d17b60`)
  t.equal(sharedName(REGISTRY, `${REGISTRY}/web:1`, ID), `${REGISTRY}/web:3fa9c2d17b60`)
  t.equal(sharedName(REGISTRY, ID, ID), `${REGISTRY}/image:3fa9c2d17b60`)
})

t.test('nodes get the login for an image that came from a registry', async (t) => {
  const login = new Login(REGISTRY, { identityToken: 'secret' })
  const { share, calls } = create(undefined, login)
  const reference = `${REGISTRY}/web:1`
  t.strictSame(await share(reference, { digests: [`${REGISTRY}/web@${DIGEST}`] }), { image: reference, login })
  t.strictSame(calls, [])
})
