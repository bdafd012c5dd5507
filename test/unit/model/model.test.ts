import t from 'tap'
import { explain, type Operation, type State, type Told } from '../../helpers/model/model.ts'

const ABSENT: State = { life: 'absent', ends: false }
const RUNNING: State = { life: 'running', ends: false }
const STOPPED: State = { life: 'stopped', ends: false }
const DOOMED: State = { life: 'running', ends: true }
const LOST: Told = {}
const LATE: Told = { status: 504, code: 'ENGINE_TIMEOUT' }

/** One after the other, unless a time says otherwise. */
function finals(initial: State, ...steps: [Operation, Told, from?: number, to?: number][]) {
  const states = explain(
    [initial],
    steps.map(([operation, told, from, to], index) => ({
      operation,
      told,
      from: from ?? index * 10,
      to: to ?? index * 10 + 5
    }))
  )
  return [...new Set(states.map(({ life, ends }) => `${life}${ends ? ', ends' : ''}`))].sort()
}

t.test('correct answers, one after the other', async (t) => {
  t.same(finals(ABSENT, ['create', { status: 201 }]), ['running'])
  t.same(finals(ABSENT, ['create', { status: 201 }], ['stop', { status: 200 }]), ['stopped'])
  t.same(finals(STOPPED, ['create by key', { status: 200 }]), ['stopped'])
  t.same(finals(RUNNING, ['remove', { status: 200 }], ['get', { status: 404, code: 'CONTAINER_NOT_FOUND' }]), [
    'absent'
  ])
  t.same(finals(RUNNING, ['end soon', { status: 200 }]), ['absent', 'running, ends'])
  t.same(finals(DOOMED, ['end never', { status: 200 }]), ['running'])
})

t.test('answers without an explanation', async (t) => {
  t.same(finals(ABSENT, ['start', { status: 200 }]), [])
  t.same(finals(RUNNING, ['create', { status: 201 }]), [], 'a name is given once')
  t.same(finals(RUNNING, ['create by key', { status: 201 }]), [], 'a key gives one container')
  t.same(finals(RUNNING, ['get', { status: 404, code: 'CONTAINER_NOT_FOUND' }]), [], 'nothing disappears by itself')
  t.same(finals(RUNNING, ['get', { status: 200, shown: 'exited' }]), [])
  t.same(finals(RUNNING, ['stop', { status: 500, code: 'INTERNAL' }]), [])
  t.same(finals(RUNNING, ['remove', { status: 200 }], ['start', { status: 200 }]), [])
})

t.test('an uncertain answer leaves both open, and may come true later', async (t) => {
  t.same(finals(RUNNING, ['stop', LATE]), ['running', 'stopped'])
  t.same(finals(RUNNING, ['stop', LATE], ['start', { status: 200 }]), ['running', 'stopped'])
  t.same(finals(RUNNING, ['remove', LOST], ['start', { status: 200 }]), ['absent', 'running', 'stopped'])
  const exited = { status: 200, shown: 'exited' }
  t.same(finals(RUNNING, ['remove', LATE], ['get', exited]), ['absent', 'stopped'], 'it ended and may still be removed')
  t.same(finals(RUNNING, ['remove', { status: 200 }], ['get', exited]), [])
  t.same(finals(RUNNING, ['stop', LATE], ['get', { status: 200, shown: 'exited' }]), ['stopped'])
})

t.test('a refused create is undone, one without an answer may stand, and one with a key is retried', async (t) => {
  t.same(finals(ABSENT, ['create', LATE]), ['absent', 'running, ends'])
  t.same(finals(ABSENT, ['create', LOST]), ['absent', 'running', 'running, ends'])
  t.same(finals(ABSENT, ['create by key', LATE], ['create by key', { status: 200 }]), ['running'])
  t.same(finals(ABSENT, ['create by key', LATE], ['create by key', { status: 201 }]), ['running'])
  const busy: Told = { status: 409, code: 'CONTAINER_BUSY' }
  t.same(finals(ABSENT, ['create', LATE], ['remove', busy], ['get', { status: 404, code: 'CONTAINER_NOT_FOUND' }]), [
    'absent'
  ])
  t.same(finals(RUNNING, ['remove', busy]), [], 'nothing else is busy for long')
  const stillRuns: Told = { status: 200, shown: 'running' }
  t.same(finals(ABSENT, ['create', LATE], ['stop', stillRuns], ['create', { status: 201 }]), ['running'])
  t.same(finals(RUNNING, ['stop', stillRuns]), [], 'only what is being undone starts after a stop')
  t.same(finals(ABSENT, ['create', LATE], ['end never', { status: 200 }]), ['absent', 'running, ends'])
})

t.test('concurrent requests may be carried out in any order, others not', async (t) => {
  const gone = { status: 404, code: 'CONTAINER_NOT_FOUND' }
  t.same(finals(RUNNING, ['remove', { status: 200 }, 0, 10], ['get', { status: 200 }, 5, 15]), ['absent'])
  t.same(finals(RUNNING, ['get', gone, 0, 10], ['remove', { status: 200 }, 5, 15]), ['absent'])
  t.same(finals(RUNNING, ['get', gone, 0, 4], ['remove', { status: 200 }, 5, 15]), [], 'not before it was asked for')
  const twice = [
    ['create by key', { status: 201 }, 0, 10],
    ['create by key', { status: 200 }, 1, 9]
  ] as [Operation, Told, number, number][]
  t.same(finals(ABSENT, ...twice), ['running'])
  t.same(finals(ABSENT, ['create', { status: 201 }, 0, 10], ['create', { status: 201 }, 1, 9]), [])
})
