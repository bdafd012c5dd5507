import t from 'tap'
import { OPERATOR, type Caller } from '../../../src/access/caller.ts'
import type { RegistryList } from '../../../src/access/policy.ts'
import { createRegistryRules } from '../../../src/registry/rules.ts'
import { callerWith } from '../../helpers/tokens.ts'

const HOLDERS: Record<string, Caller> = {
  a1: callerWith({ name: 'boss', tokenId: 'a1', scopes: ['admin'] }),
  c1: callerWith({ name: 'ci', tokenId: 'c1', scopes: ['images:write'] }),
  d1: callerWith({ name: 'dev', tokenId: 'd1', scopes: ['images:write'] })
}
const ADDRESSES: Record<string, string[]> = {
  'public.example': ['203.0.113.9', '2a00::1'],
  'inside.example': ['203.0.113.9', '10.0.0.7'],
  'metadata.example': ['169.254.169.254'],
  '127.0.0.1': ['127.0.0.1'],
  '::1': ['::1'],
  '::ffff:10.0.0.1': ['::ffff:10.0.0.1'],
  '64:ff9b::7f00:1': ['64:ff9b::7f00:1']
}

const rulesOf = (list?: RegistryList) =>
  createRegistryRules({
    list,
    usual: () => ['login.example:5000'],
    holderOf: (id) => (id === null ? OPERATOR : HOLDERS[id]),
    addressesOf: async (host) => ADDRESSES[host] ?? []
  })

t.test('registries that the engine may use', async (t) => {
  const named = { 'registry.example': {}, '10.0.0.1:5000': {} }
  const table: [list: RegistryList | undefined, owner: string | null, image: string, isAllowed: boolean][] = [
    // Without a list, tokens get Docker Hub and the registries of the logins. Admins, and servers without tokens, get all.
    [undefined, 'c1', 'busybox', true],
    [undefined, 'c1', 'index.docker.io/team/app', true],
    [undefined, 'c1', 'login.example:5000/app', true],
    [undefined, 'c1', 'login.example/app', false],
    [undefined, 'c1', 'public.example/app', false],
    [undefined, 'c1', '127.0.0.1:22/x', false],
    [undefined, 'c1', `sha256:${'a'.repeat(64)}`, true],
    [undefined, 'c1', '$REGISTRY/app', false],
    [undefined, 'gone', '127.0.0.1:22/x', false],
    [undefined, 'a1', '127.0.0.1:22/x', true],
    [undefined, null, '127.0.0.1:22/x', true],
    // A list applies to everybody.
    [named, null, 'registry.example/app', true],
    [named, null, '10.0.0.1:5000/app', true],
    [named, null, 'busybox', false],
    [named, 'a1', '10.0.0.1:5001/app', false],
    // Registries of the internet.
    [{ '*': {} }, 'c1', 'public.example/app', true],
    [{ '*': {} }, 'c1', 'inside.example/app', false],
    [{ '*': {} }, 'c1', 'metadata.example/app', false],
    [{ '*': {} }, 'c1', 'nowhere.example/app', false],
    [{ '*': {} }, 'c1', '127.0.0.1:5000/app', false],
    [{ '*': {} }, 'c1', '[::1]:5000/app', false],
    [{ '*': {} }, 'c1', '[::ffff:10.0.0.1]:5000/app', false],
    [{ '*': {} }, 'c1', '[64:ff9b::7f00:1]:5000/app', false],
    [{ '*': {}, 'inside.example': {} }, 'c1', 'inside.example/app', true],
    [{ '*': {} }, null, '127.0.0.1:5000/app', false]
  ]
  for (const [list, owner, image, isAllowed] of table) {
    const asked = rulesOf(list).check(owner, [image])
    const name = `${image} for ${owner} with ${JSON.stringify(list)}`
    if (isAllowed) await t.resolves(asked, name)
    else await t.rejects(asked, { code: 'POLICY_REFUSED', fields: [{ field: 'image' }] }, name)
  }
})

t.test("who may use the operator's login", async (t) => {
  const list = { 'a.example': { pull: ['ci', 'dev'], push: ['ci'] }, '*': { pull: ['*'] } }
  const table: [
    list: RegistryList | undefined,
    owner: string | null,
    registry: string,
    pull: boolean,
    push: boolean
  ][] = [
    [undefined, null, 'a.example', true, true],
    [undefined, 'a1', 'a.example', true, true],
    [undefined, 'c1', 'a.example', false, false],
    [list, 'c1', 'a.example', true, true],
    [list, 'd1', 'a.example', true, false],
    [list, 'd1', 'b.example', true, false],
    [list, 'a1', 'b.example', true, true],
    [list, 'gone', 'b.example', false, false]
  ]
  for (const [given, owner, registry, pull, push] of table) {
    const { mayUseLogin } = rulesOf(given)
    const name = `${owner} at ${registry}`
    t.strictSame([mayUseLogin(owner, registry, 'pull'), mayUseLogin(owner, registry, 'push')], [pull, push], name)
  }
})
