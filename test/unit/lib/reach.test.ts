import t from 'tap'
import { covers, parseReach, type Reach } from '../../../src/lib/reach.ts'

t.test('addresses that a policy may list', async (t) => {
  const table: [string, Reach][] = [
    ['10.1.2.0/24', { network: '10.1.2.0/24', door: undefined }],
    ['10.1.2.3', { network: '10.1.2.3/32', door: undefined }],
    ['10.1.2.3:5432', { network: '10.1.2.3/32', door: { port: 5432, protocol: 'tcp' } }],
    ['10.1.2.0/24:53/udp', { network: '10.1.2.0/24', door: { port: 53, protocol: 'udp' } }],
    ['host:80/tcp', { network: undefined, door: { port: 80, protocol: 'tcp' } }]
  ]
  for (const [text, reach] of table) t.strictSame(parseReach(text), reach, text)
  const others = ['host', 'host:0', 'host:65536', 'host:http', '10.1.2/24', '10.1.2.3/33', '10.1.2.300', '10.1.2.3:']
  for (const text of [...others, '::1', 'example.org', '10.1.2.3:80/sctp', '10.1.2.3 -j ACCEPT', '10.1.2.3\n', ''])
    t.equal(parseReach(text), undefined, text)
})

t.test('a port is reachable if both protocols are', async (t) => {
  const isReached = (...texts: string[]) =>
    covers(
      texts.flatMap((text) => parseReach(text) ?? []),
      '10.1.2.3',
      53
    )
  t.ok(isReached('10.1.0.0/16'))
  t.ok(isReached('10.1.2.3:53', '10.1.2.0/24:53/udp'))
  t.notOk(isReached('10.1.2.3:53'))
  t.notOk(isReached('10.1.2.4'))
  t.notOk(isReached('host:53', 'host:53/udp'))
  t.notOk(isReached())
})
