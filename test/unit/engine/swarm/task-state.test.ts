// The state of a container from the tasks of its service: observations on real Swarms, and their meaning.

import t from 'tap'
import { runOf } from '../../../../src/engine/swarm/task-state.ts'
import { task } from './tasks.ts'

const NOTHING_KEPT = { restart: null, exitCode: null, startedAt: null, finishedAt: null }
const STOPPED = {
  ...NOTHING_KEPT,
  exitCode: '143',
  startedAt: '2026-01-01T00:00:01Z',
  finishedAt: '2026-01-01T00:01:00Z'
}
const LOST_NODE = 'lost'

function look(tasks: ReturnType<typeof task>[], given: Partial<Parameters<typeof runOf>[0]> = {}) {
  const isUp = (id: string | null | undefined) => Boolean(id) && id !== LOST_NODE
  return runOf({ replicas: 1, tasks, isUp, hasHealthcheck: false, kept: NOTHING_KEPT, ...given })
}

const old = { at: 1, desired: 'shutdown' }

const CASES: [what: string, tasks: ReturnType<typeof task>[], given: Parameters<typeof look>[1], expected: object][] = [
  ['a service without replicas and tasks never ran', [], { replicas: 0 }, { state: 'created' }],
  ['one that was stopped says how it ended', [], { replicas: 0, kept: STOPPED }, { state: 'exited', exitCode: 143 }],
  ['a first task on its way', [task({ state: 'preparing' })], {}, { state: 'created', startedAt: null }],
  [
    'one that waits says why',
    [task({ state: 'pending', node: null, err: 'no suitable node' })],
    {},
    { error: 'no suitable node' }
  ],
  ['a running task', [task({ state: 'running' })], {}, { state: 'running', health: null, restartCount: 0 }],
  [
    'a check that has not passed yet',
    [task({ state: 'starting', container: 'c' })],
    { hasHealthcheck: true },
    { state: 'running', health: 'starting' }
  ],
  ['a check that has passed', [task({ state: 'running' })], { hasHealthcheck: true }, { health: 'healthy' }],
  [
    'a task that is being stopped still runs',
    [task({ state: 'running', desired: 'remove' })],
    { replicas: 0 },
    { state: 'running' }
  ],
  [
    'the end of a workload',
    [task({ state: 'failed', desired: 'shutdown', exitCode: 3 })],
    {},
    { state: 'exited', exitCode: 3, isLost: false }
  ],
  [
    'another task after a failed one',
    [task({ ...old, state: 'failed' }), task({ state: 'starting' })],
    {},
    { state: 'restarting', restartCount: 1 }
  ],
  ['a task on a lost node does not run', [task({ state: 'running', node: LOST_NODE })], {}, { state: 'restarting' }],
  [
    'nor does the one that it is replaced by count twice',
    [task({ ...old, state: 'running', node: LOST_NODE }), task({ state: 'running' })],
    {},
    { state: 'running', isLost: false }
  ],
  [
    'a lost task that Swarm leaves lost',
    [task({ state: 'running', desired: 'shutdown', node: LOST_NODE })],
    {},
    { state: 'restarting', isLost: true }
  ],
  ['a drained task that Swarm leaves ended', [task({ state: 'shutdown', desired: 'shutdown' })], {}, { isLost: true }],
  [
    'nothing is lost of what is to be stopped',
    [task({ state: 'shutdown', desired: 'remove' })],
    { replicas: 0 },
    { state: 'exited', isLost: false }
  ]
]

for (const [what, tasks, given, expected] of CASES)
  t.test(what, async (t) => void t.match(look(tasks, given), expected))
