import t from 'tap'
import {
  begin,
  cancel,
  complete,
  fail,
  interrupt,
  isOver,
  nextStage,
  reopen,
  stage,
  statusOf,
  type BuildRecord,
  type StageName,
  type StageStatus
} from '../../../src/builds/record.ts'
import { AppError } from '../../../src/errors.ts'
import { buildRecord } from '../../helpers/build-record.ts'

const STAGES = ['build', 'push', 'run'] as const

/** From three letters, one for each stage. */
const LETTERS: Record<string, StageStatus> = {
  s: 'skipped',
  p: 'pending',
  i: 'in_progress',
  c: 'completed',
  f: 'failed',
  x: 'cancelled'
}
const letterOf = (status: StageStatus) => Object.keys(LETTERS).find((letter) => LETTERS[letter] === status) ?? '?'

function recordOf(letters: string, wants = 'bpr'): BuildRecord {
  const record = buildRecord()
  for (const [index, name] of STAGES.entries()) record[name] = stage(LETTERS[letters[index] ?? ''] ?? 'skipped')
  record.wants = { build: true, push: wants.includes('p'), run: wants.includes('r') }
  return record
}
const lettersOf = (record: BuildRecord) => STAGES.map((name) => letterOf(record[name].status)).join('')

t.test('the status of a build follows from those of its stages', (t) => {
  const cases: [stages: string, status: string, isOver: boolean, next: StageName | undefined][] = [
    ['ppp', 'pending', false, 'build'],
    ['pss', 'pending', false, 'build'],
    ['ipp', 'in_progress', false, 'push'],
    ['cpp', 'in_progress', false, 'push'],
    ['csp', 'in_progress', false, 'run'],
    ['cip', 'in_progress', false, 'run'],
    ['cci', 'in_progress', false, undefined],
    ['css', 'completed', true, undefined],
    ['ccc', 'completed', true, undefined],
    ['fss', 'failed', true, undefined],
    ['cfs', 'failed', true, undefined],
    ['ccf', 'failed', true, undefined],
    ['xss', 'cancelled', true, undefined],
    ['cxs', 'cancelled', true, undefined]
  ]
  for (const [stages, status, over, next] of cases) {
    const record = recordOf(stages)
    t.equal(statusOf(record), status, stages)
    t.equal(isOver(record), over, stages)
    if (!stages.includes('i')) t.equal(nextStage(record), next, stages)
  }
  t.end()
})

t.test('every transition', (t) => {
  const error = new AppError('REGISTRY_UNAVAILABLE', 'gone')
  const cases: [what: string, from: string, change: (record: BuildRecord) => unknown, to: string][] = [
    ['begin', 'ppp', (record) => begin(record, 'build', 1), 'ipp'],
    ['begin the push', 'cpp', (record) => begin(record, 'push', 1), 'cip'],
    ['complete', 'ipp', (record) => complete(record, 'build', 2), 'cpp'],
    ['complete the last', 'cci', (record) => complete(record, 'run', 2), 'ccc'],
    ['fail', 'ipp', (record) => fail(record, 'build', error, 2), 'fss'],
    ['fail in the push', 'cip', (record) => fail(record, 'push', error, 2), 'cfs'],
    ['fail in the run', 'csi', (record) => fail(record, 'run', error, 2), 'csf'],
    ['cancel while it waits', 'ppp', (record) => cancel(record, 2), 'xss'],
    ['cancel in the build', 'isp', (record) => cancel(record, 2), 'xss'],
    ['cancel between two stages', 'cpp', (record) => cancel(record, 2), 'cxs'],
    ['cancel what is over', 'ccs', (record) => cancel(record, 2), 'ccs'],
    ['interrupt', 'ipp', interrupt, 'ppp'],
    ['interrupt the push', 'cip', interrupt, 'cpp'],
    ['interrupt what waits', 'ppp', interrupt, 'ppp'],
    ['interrupt what is over', 'cfs', interrupt, 'cfs'],
    ['retry a build', 'fss', reopen, 'ppp'],
    ['retry a push', 'cfs', reopen, 'cpp'],
    ['retry a run', 'ccf', reopen, 'ccp'],
    ['retry what was cancelled', 'cxs', reopen, 'cpp'],
    ['retry what succeeded', 'ccc', reopen, 'ccc']
  ]
  for (const [what, from, change, to] of cases) {
    const record = recordOf(from)
    change(record)
    t.equal(lettersOf(record), to, what)
  }
  t.end()
})

t.test('a retry asks only for what was asked for', (t) => {
  const record = recordOf('fss', 'b')
  t.equal(reopen(record), true)
  t.equal(lettersOf(record), 'pss')
  const pushed = recordOf('fss', 'bp')
  reopen(pushed)
  t.equal(lettersOf(pushed), 'pps')
  t.equal(reopen(recordOf('ccc')), false)
  t.end()
})

t.test('what a retry keeps and what it forgets', (t) => {
  const made = () => ({
    ...recordOf('ccc'),
    imageId: 'sha256:1',
    steps: [{ number: 1, name: 'x', status: 'completed' as const, durationMs: 1 }],
    pushed: [{ reference: 'a', digest: 'b', size: 1 }],
    attempts: 3,
    finishedAt: 9
  })
  const build = { ...made(), build: stage('failed') }
  reopen(build)
  t.match(build, { imageId: null, steps: [], pushed: [], attempts: 0, finishedAt: null })
  const push = { ...made(), push: stage('failed') }
  reopen(push)
  t.match(push, { imageId: 'sha256:1', steps: [{}], pushed: [], attempts: 0, finishedAt: null })
  const run = { ...made(), run: stage('failed') }
  reopen(run)
  t.match(run, { imageId: 'sha256:1', pushed: [{}], attempts: 0, finishedAt: null })
  t.end()
})

t.test('times, reasons and codes', (t) => {
  const record = recordOf('ppp')
  begin(record, 'build', 100)
  t.match(record.build, { startedAt: 100, finishedAt: null, reason: null })
  fail(record, 'build', new AppError('STORAGE_FULL', 'full'), 250)
  t.match(record.build, { startedAt: 100, finishedAt: 250, reason: 'full', code: 'STORAGE_FULL', retryable: true })
  reopen(record)
  t.match(record.build, { startedAt: null, finishedAt: null, reason: null, code: null, retryable: false })
  fail(record, 'build', new AppError('BUILD_FAILED', 'x'.repeat(5000)), 300)
  t.equal(record.build.reason?.length, 1001)
  t.equal(record.build.retryable, false)
  t.end()
})
