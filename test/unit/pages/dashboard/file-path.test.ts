// File paths in addresses of the dashboard.

import t from 'tap'
import { below, encodeName, stepsOf, textOfPath } from '../../../../src/pages/dashboard/lib/file-path.ts'

t.test('a name keeps its bytes on the way into an address', async (t) => {
  t.equal(encodeName({ name: 'note é & #1.txt' }), 'note%20%C3%A9%20%26%20%231.txt')
  t.equal(encodeName({ name: 'caf\uFFFD', name_base64: btoa('caf\u00E9') }), '%63%61%66%e9')
})

t.test('a path shows as text, and its steps lead to each folder', async (t) => {
  t.equal(textOfPath('/a%20b/caf%C3%A9/%63%61%66%e9'), '/a b/café/caf\uFFFD')
  t.equal(textOfPath('/not encoded é'), '/not encoded é')
  t.equal(below('/', 'etc'), '/etc')
  t.equal(below('/etc', 'a%20b'), '/etc/a%20b')
  t.strictSame(stepsOf('/'), [{ name: '/', path: '/' }])
  t.strictSame(stepsOf('/etc/a%20b'), [
    { name: '/', path: '/' },
    { name: 'etc', path: '/etc' },
    { name: 'a b', path: '/etc/a%20b' }
  ])
})
