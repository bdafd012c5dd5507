// The v1 texts were recorded on Debian 12 with Docker 20.10; those of v2 are as a kernel 6.1 writes them.

import t from 'tap'
import { parseBlockV1, parseBlockV2, parseCpuV2, parseKeyValues } from '../../../src/stats/parse.ts'

t.test('"name value" lines', async (t) => {
  const text = 'cache 8396800\nrss 53248\ntotal_inactive_file 0\nhierarchical_memory_limit 9223372036854771712\n'
  const values = parseKeyValues(text)
  t.strictSame(
    [...values],
    [
      ['cache', 8396800],
      ['rss', 53248],
      ['total_inactive_file', 0],
      ['hierarchical_memory_limit', 9223372036854771712]
    ]
  )
  t.equal(parseKeyValues('').size, 0)
})

t.test('CPU time of cgroup v2 comes in microseconds', async (t) => {
  t.equal(parseCpuV2('usage_usec 3358782\nuser_usec 2008361\nsystem_usec 1350420\nnr_periods 0\n'), 3_358_782_000)
  t.ok(Number.isNaN(parseCpuV2('user_usec 2008361\n')), 'what is missing is not zero')
})

const BLOCK_V1: { why: string; text: string; read: number; write: number }[] = [
  {
    why: 'one disk',
    text: '8:0 Read 4096\n8:0 Write 8192\n8:0 Sync 12288\n8:0 Async 0\n8:0 Discard 0\n8:0 Total 12288\nTotal 12288\n',
    read: 4096,
    write: 8192
  },
  {
    why: 'two disks',
    text: '8:0 Read 1\n8:0 Write 2\n253:16 Read 10\n253:16 Write 20\nTotal 33\n',
    read: 11,
    write: 22
  },
  { why: 'small letters', text: '8:0 read 4096\n8:0 write 8192\n', read: 4096, write: 8192 },
  { why: 'capital letters', text: '8:0 READ 4096\n8:0 WRITE 8192\n', read: 4096, write: 8192 },
  { why: 'nothing done yet, as recorded', text: 'Total 0\n', read: 0, write: 0 },
  { why: 'empty', text: '', read: 0, write: 0 }
]

for (const { why, text, read, write } of BLOCK_V1) {
  t.test(`block I/O of cgroup v1: ${why}`, async (t) => {
    t.strictSame(parseBlockV1(text), { blockReadBytes: read, blockWriteBytes: write })
  })
}

const BLOCK_V2: { why: string; text: string; read: number; write: number }[] = [
  {
    why: 'two disks',
    text: '8:0 rbytes=4096 wbytes=8192 rios=1 wios=2 dbytes=512 dios=1\n253:0 rbytes=1 wbytes=2 rios=1 wios=1 dbytes=0 dios=0\n',
    read: 4097,
    write: 8194
  },
  {
    why: 'a device that did nothing',
    text: '7:0 \n8:0 rbytes=5 wbytes=0 rios=1 wios=0 dbytes=0 dios=0\n',
    read: 5,
    write: 0
  },
  { why: 'empty', text: '', read: 0, write: 0 }
]

for (const { why, text, read, write } of BLOCK_V2) {
  t.test(`block I/O of cgroup v2: ${why}`, async (t) => {
    t.strictSame(parseBlockV2(text), { blockReadBytes: read, blockWriteBytes: write })
  })
}
