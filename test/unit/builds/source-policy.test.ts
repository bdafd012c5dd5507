import t from 'tap'
import { createPolicy } from '../../../src/access/policy.ts'
import { createSourcePolicy } from '../../../src/builds/source-policy.ts'

t.test('a trigger of a base image takes from allowed images only', async (t) => {
  const { checkTriggers } = createSourcePolicy(createPolicy({ images: ['team/*'] }))
  t.throws(() => checkTriggers('team/base', { triggers: ['COPY --from=secret/app /key /key'] }), {
    code: 'POLICY_REFUSED',
    message: /team\/base.*ONBUILD/
  })
  t.throws(() => checkTriggers('team/base', { triggers: ['RUN --mount=from=secret/app cat /key'] }))
  t.doesNotThrow(() =>
    checkTriggers('team/base', { triggers: ['COPY . /app', 'COPY --from=team/other /a /a', 'RUN make'] })
  )
  t.doesNotThrow(() => checkTriggers('team/base', { triggers: [] }))
})

t.test('a trigger that fetches is refused with remote sources off, and without a policy nothing is', async (t) => {
  const triggers = ['ADD https://example.com/x /x', 'COPY --from=any/image /a /a']
  t.throws(() => createSourcePolicy(createPolicy({ remote_sources: false })).checkTriggers('base', { triggers }))
  t.doesNotThrow(() => createSourcePolicy(createPolicy({})).checkTriggers('base', { triggers }))
})
