import t from 'tap'
import { inheritedVolumes } from '../../../src/containers/volumes.ts'
import { LABELS } from '../../../src/engine/labels.ts'

const ANONYMOUS = 'a1'.repeat(32)

t.test('volumes of the container that was replaced', async (t) => {
  const named = (...names: string[]) => inheritedVolumes({ [LABELS.anonymousVolumes]: names.join(',') })
  t.same(named(ANONYMOUS, 'b2'.repeat(32)), [ANONYMOUS, 'b2'.repeat(32)])
  t.same(inheritedVolumes({}), [])
  t.same(named('database', '../containers/web', ANONYMOUS), [ANONYMOUS], 'and none that somebody named')
})
