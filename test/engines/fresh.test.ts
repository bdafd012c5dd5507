// A bare Debian: the setup installs everything it needs, including current Docker with images in containerd's store. The
// tests of images then run on that engine.

import t from 'tap'
import { installFresh, noLab } from './lab.ts'

const FILES = ['images', 'builds-push', 'registry'].map((subject) => `test/docker/${subject}.test.ts`)
const FRESH = { lab: 'fresh', suite: 'forky', kind: 'containerd' } as const

t.test('a fresh machine, and its engine', { skip: noLab, timeout: 900_000 }, async (t) => {
  const machine = installFresh(FRESH)
  t.teardown(() => machine.stop())
  t.match(machine.log(), /^setup: installing the Docker engine .* \(\d+ s\)$/m)
  t.match(machine.log(), /^setup: building base-api-server:latest on .* \(\d+ s\)$/m)

  for (const { file, ok, passed, failed } of await Promise.all(FILES.map(machine.testOne)))
    t.ok(ok && passed > 0, `${file}: ${passed} passed`, { failed })
})
