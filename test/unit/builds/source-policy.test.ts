import t from 'tap'
import { OPERATOR } from '../../../src/access/caller.ts'
import { createPolicy, type PolicyRules } from '../../../src/access/policy.ts'
import { createSourcePolicy } from '../../../src/builds/source-policy.ts'
import { createRegistryRules } from '../../../src/registry/rules.ts'

function sourcePolicy(rules: PolicyRules) {
  const registries = createRegistryRules({
    list: rules.registries,
    usual: () => [],
    holderOf: (owner) => (owner === null ? OPERATOR : undefined)
  })
  const { checkTriggers } = createSourcePolicy(createPolicy(rules), registries)
  return (reference: string, triggers: string[], owner: string | null = null) =>
    checkTriggers(reference, { triggers }, owner)
}

t.test('a trigger of a base image takes from allowed images only', async (t) => {
  const check = sourcePolicy({ images: ['team/*'] })
  await t.rejects(check('team/base', ['COPY --from=secret/app /key /key']), {
    code: 'POLICY_REFUSED',
    message: /team\/base.*ONBUILD/
  })
  await t.rejects(check('team/base', ['RUN --mount=from=secret/app cat /key']))
  await check('team/base', ['COPY . /app', 'COPY --from=team/other /a /a', 'RUN make'])
  await check('team/base', [])
})

t.test('a trigger that fetches is refused with remote sources off, and allowed without a policy', async (t) => {
  const triggers = ['ADD https://example.com/x /x', 'COPY --from=any/image /a /a']
  await t.rejects(sourcePolicy({ remote_sources: false })('base', triggers))
  await sourcePolicy({})('base', triggers)
})

t.test('a trigger does not send the engine to an unlisted registry', async (t) => {
  const triggers = ['COPY --from=127.0.0.1:5000/x /a /a']
  await t.rejects(sourcePolicy({ registries: { 'docker.io': {} } })('base', triggers), { code: 'POLICY_REFUSED' })
  await t.rejects(sourcePolicy({})('base', triggers, 'of-a-token'), { code: 'POLICY_REFUSED' })
  await sourcePolicy({ registries: { '127.0.0.1:5000': {} } })('base', triggers)
})
