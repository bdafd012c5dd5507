import t from 'tap'
import { withoutValues } from '../../../src/builds/hide-values.ts'

t.test('values of build arguments are hidden wherever they occur', async (t) => {
  const hide = withoutValues({ TOKEN: 'canary-5d2e', LONG: 'canary-5d2e-more', VERSION: '1.2', NONE: '' })
  t.equal(hide('[2/3] COPY canary-5d2e-more /x'), '[2/3] COPY *** /x')
  t.equal(hide('RUN a=canary-5d2e b=canary-5d2e'), 'RUN a=*** b=***')
  t.equal(hide('FROM base:1.2'), 'FROM base:1.2', 'what is short stands everywhere')
  t.equal(withoutValues({})('as it is'), 'as it is')
})
