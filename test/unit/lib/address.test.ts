import t from 'tap'
import { hostOf } from '../../../src/lib/address.ts'

t.test('one host per IPv4 address and per /64 network of IPv6', async (t) => {
  const table: [address: string, host: string][] = [
    ['127.0.0.1', '127.0.0.1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['::1', '0:0:0:0'],
    ['2001:db8:0:7:1:2:3:4', '2001:db8:0:7'],
    ['2001:db8:0:7::1', '2001:db8:0:7'],
    ['2001:0db8::7', '2001:db8:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['socket', 'socket']
  ]
  for (const [address, host] of table) t.equal(hostOf(address), host, address)
})
