// Statistics find a task where the last poll saw it, and ask the managers only if it is not there.

import t from 'tap'
import { AppError } from '../../../../src/errors.ts'
import { createSeenTasks, type SeenTask } from '../../../../src/engine/swarm/seen-tasks.ts'
import { createWorkloadCalls } from '../../../../src/engine/swarm/workloads.ts'
import { counters } from '../../../helpers/counters.ts'
import { fakeEngine } from '../../../helpers/fake-engine.ts'
import { task } from './tasks.ts'

type Options = Parameters<typeof createWorkloadCalls>[0]

const MANAGED = { Spec: { ContainerSpec: { Labels: { 'io.berth.managed': 'true' } } } }
const AT_MANAGERS = { ID: 'service', Spec: { Name: 'web', Labels: {} } }

/** Containers that the engines of the nodes have. `asked` notes what the managers had to look up. */
function create(there: string[]) {
  const asked: string[] = []
  const seenTasks = createSeenTasks()
  const engine = fakeEngine({
    containerCounters: async (id) => {
      if (there.includes(id)) return counters({})
      throw new AppError('CONTAINER_NOT_FOUND', 'made up by the test')
    }
  })
  const options = {
    ids: { referenceOf: () => 'service' },
    seenTasks,
    reads: {
      find: async () => {
        asked.push('service')
        return AT_MANAGERS
      }
    },
    life: { runOf: async () => ({ state: 'running', task: task({ state: 'running', container: 'now' }) }) },
    onNodes: {
      reach: async ({ NodeID: node, Status: status }: SeenTask) =>
        node === 'away' ? undefined : { engine, containerId: status.ContainerStatus?.ContainerID }
    }
  } as unknown as Options
  return { asked, seenTasks, counters: () => createWorkloadCalls(options).containerCounters('id') }
}

t.test('a seen task is measured without a question to the managers', async (t) => {
  const { asked, seenTasks, counters } = create(['seen'])
  seenTasks.take([{ ...task({ state: 'running', container: 'seen' }), ...MANAGED }])
  t.ok(await counters())
  t.strictSame(asked, [])
  t.match(seenTasks.runningOf('service'), { isBerths: true })
})

t.test('so is the answer that its node is out of reach', async (t) => {
  const { asked, seenTasks, counters } = create(['seen'])
  seenTasks.take([task({ state: 'running', container: 'seen', node: 'away' })])
  t.equal(await counters(), undefined)
  t.strictSame(asked, [])
})

t.test('the managers say where a task is that moved after the poll, or started after it', async (t) => {
  for (const seen of [[task({ state: 'running', container: 'before' })], [task({ state: 'preparing' })], []]) {
    const { asked, seenTasks, counters } = create(['now'])
    seenTasks.take(seen)
    t.ok(await counters())
    t.strictSame(asked, ['service'])
  }
})
