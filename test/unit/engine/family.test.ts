import t from 'tap'
import { readStatus, relatedTo, type Status } from '../../../src/engine/docker/family.ts'

const status = (pid: number, given: Partial<Status> = {}): Status => ({
  pid,
  state: 'S',
  parent: 1,
  session: pid,
  foreground: -1,
  ...given
})

t.test('a line of /proc/<pid>/stat, whatever the program is called', async (t) => {
  t.strictSame(readStatus('42 (a) S) (b) S 7 42 41 34816 43 4194304 0'), {
    pid: 42,
    state: 'S',
    parent: 7,
    session: 41,
    foreground: 43
  })
  t.equal(readStatus(''), undefined, 'of a process that has ended')
})

t.test('the processes of a command', async (t) => {
  const all = [
    status(10),
    status(11, { parent: 10, session: 10 }),
    status(12, { session: 10 }),
    status(13, { parent: 11 }),
    status(14),
    status(15, { parent: 14 }),
    status(16, { parent: 10, state: 'Z' }),
    status(20),
    status(21, { parent: 20, session: 20 })
  ]
  const family = relatedTo(all, 10, (pid) => pid === 14)
  t.strictSame(
    family.map(({ pid }) => pid),
    [10, 11, 12, 13, 14, 15],
    'the session, descendants that left it, and marked processes with theirs, but no other process and none that has ended'
  )
})
