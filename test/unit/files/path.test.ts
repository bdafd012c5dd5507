import t from 'tap'
import { bytesOfText, cleanPath, lostBytesOf, pathIn, quoted, textOf } from '../../../src/files/path.ts'

t.test('a path is normalized', async (t) => {
  for (const [given, expected] of [
    ['/', '/'],
    ['//etc/./hosts/', '/etc/hosts'],
    ['/a b/\u00ff', '/a b/\u00ff'],
    ['/...', '/...']
  ] as const)
    t.equal(cleanPath(given), expected)
})

t.test('an invalid path is refused', async (t) => {
  for (const given of ['', 'etc', '/../etc', '/a/..', '/a\0b', `/${'n'.repeat(256)}`, `/${'n/'.repeat(2100)}`])
    t.throws(() => cleanPath(given), { code: 'INVALID_REQUEST', fields: [{ field: 'path' }] }, given.slice(0, 20))
})

t.test('a query string gives the bytes of its path', async (t) => {
  for (const [url, expected] of [
    ['/x?path=/etc', '/etc'],
    ['/x?limit=1&path=%2Fa+b%20c%2B', '/a b c+'],
    ['/x?path=/%FF%00', '/\u00ff\0'],
    ['/x?path=/é', bytesOfText('/é')],
    ['/x?path=/%C3%A9', bytesOfText('/é')],
    ['/x?path=/100%25', '/100%'],
    ['/x?path=/100%', '/100%'],
    ['/x?path=/%zz', '/%zz'],
    ['/x', '']
  ] as const)
    t.equal(pathIn(url), expected, url)
})

t.test('people get readable text, programs the exact bytes', async (t) => {
  t.equal(textOf(bytesOfText('/日本')), '/日本')
  t.equal(lostBytesOf(bytesOfText('/日本')), undefined)
  t.equal(textOf('/\u00ff'), '/\u{fffd}')
  t.equal(lostBytesOf('/\u00ff'), Buffer.from([0x2f, 0xff]).toString('base64'))
  t.equal(quoted('/a"\n'), '"/a\\"\\n"')
})
