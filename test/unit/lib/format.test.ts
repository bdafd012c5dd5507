import t from 'tap'
import { ago, bytes, duration, percent, plural } from '../../../src/lib/format.ts'

t.test('figures and times', async (t) => {
  const table: [string, string][] = [
    [bytes(0), '0 B'],
    [bytes(1023), '1023 B'],
    [bytes(1536), '1.5 KiB'],
    [bytes(512 * 1024 ** 2), '512 MiB'],
    [bytes(3e15), '2728 TiB'],
    [percent(0.04), '0.0 %'],
    [percent(103.2), '103 %'],
    [ago(1_000, 1_500), 'now'],
    [ago(0, 59_000), '59 s ago'],
    [ago(0, 3 * 86_400_000), '3 d ago'],
    [ago(7_200_000, 0), 'in 2 h'],
    [duration(340), '340 ms'],
    [duration(4_249), '4.2 s'],
    [duration(185_000), '3 min 5 s'],
    [plural(1, 'port'), '1 port'],
    [plural(1200, 'port'), '1,200 ports']
  ]
  for (const [found, wanted] of table) t.equal(found, wanted)
})
