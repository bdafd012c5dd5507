// As recorded on Debian 12.

import t from 'tap'
import { parseNetDev } from '../../../src/lib/net-dev.ts'

const NET_HEAD = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
`
const LO =
  '    lo:    1234      12    0    0    0     0          0         0     1234      12    0    0    0     0       0          0\n'

const row = (name: string, rx: number, tx: number) =>
  `${name.padStart(6)}: ${rx}       6    0    0    0     0          0         0 ${tx}       4    0    0    0     0       0          0\n`

const NETWORKS: { why: string; text: string; expected: object }[] = [
  { why: 'one interface', text: row('eth0', 516, 70), expected: { eth0: { rxBytes: 516, txBytes: 70 } } },
  {
    why: 'several, whatever their names',
    text: row('eth0', 1, 2) + row('eth1', 3, 4) + row('wg0', 5, 6),
    expected: { eth0: { rxBytes: 1, txBytes: 2 }, eth1: { rxBytes: 3, txBytes: 4 }, wg0: { rxBytes: 5, txBytes: 6 } }
  },
  {
    why: 'numbers that touch the colon, as kernels write large ones',
    text: row('eth0', 0, 8).replace('eth0: 0', 'eth0:123456789012'),
    expected: { eth0: { rxBytes: 123_456_789_012, txBytes: 8 } }
  },
  {
    why: 'a tunnel of the kernel that nobody uses is left out, an idle interface of the container is not',
    text: row('eth0', 0, 0) + row('tunl0', 0, 0) + row('sit0', 0, 0),
    expected: { eth0: { rxBytes: 0, txBytes: 0 } }
  },
  { why: 'only loopback: a container without a network', text: '', expected: {} }
]

for (const { why, text, expected } of NETWORKS) {
  t.test(`/proc/<pid>/net/dev: ${why}`, async (t) => {
    t.strictSame(parseNetDev(NET_HEAD + LO + text), expected)
  })
}

t.test('a machine without /proc/<pid>/net/dev', async (t) => {
  t.strictSame(parseNetDev(''), {})
})
