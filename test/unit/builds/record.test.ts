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

/** A record from three letters, one for each stage. */
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
  const of = (index: number) => stage(LETTERS[letters[index] ?? ''] ?? 'skipped')
  const wanted = { build: true, push: wants.includes('p'), run: wants.includes('r') }
  return buildRecord({ build: of(0), push: of(1), run: of(2), wants: wanted })
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
  const cases: [what: string, from: string, change: (record: BuildRecord) => BuildRecord | undefined, to: string][] = [
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
    ['retry what was cancelled', 'cxs', reopen, 'cpp']
  ]
  for (const [what, from, change, to] of cases) {
    const record = recordOf(from)
    const after = change(record)
    t.equal(after && lettersOf(after), to, what)
    t.strictSame(record, recordOf(from), `${what}: the previous record is unchanged`)
  }
  t.end()
})

t.test('the attempts of a build count until a stage completes', (t) => {
  const begun = begin(begin(recordOf('ppp'), 'build', 1), 'build', 2)
  t.equal(begun.attempts, 2)
  t.equal(complete(begun, 'build', 3).attempts, 0)
  t.end()
})

t.test('a retry requests only what the build requested', (t) => {
  const lettersAgain = (record: BuildRecord) => lettersOf(reopen(record) ?? record)
  t.equal(lettersAgain(recordOf('fss', 'b')), 'pss')
  t.equal(lettersAgain(recordOf('fss', 'bp')), 'pps')
  t.equal(reopen(recordOf('ccc')), undefined)
  t.end()
})

t.test('a retry keeps some fields and resets others', (t) => {
  const made = () => ({
    ...recordOf('ccc'),
    imageId: 'sha256:1',
    steps: [{ number: 1, name: 'x', status: 'completed' as const, durationMs: 1 }],
    pushed: [{ reference: 'a', digest: 'b', size: 1 }],
    attempts: 3,
    finishedAt: 9
  })
  t.match(reopen({ ...made(), build: stage('failed') }), {
    imageId: null,
    steps: [],
    pushed: [],
    attempts: 0,
    finishedAt: null
  })
  t.match(reopen({ ...made(), push: stage('failed') }), {
    imageId: 'sha256:1',
    steps: [{}],
    pushed: [],
    attempts: 0,
    finishedAt: null
  })
  t.match(reopen({ ...made(), run: stage('failed') }), {
    imageId: 'sha256:1',
    pushed: [{}],
    attempts: 0,
    finishedAt: null
  })
  t.end()
})

t.test('times, reasons and codes', (t) => {
  const begun = begin(recordOf('ppp'), 'build', 100)
  t.match(begun.build, { startedAt: 100, finishedAt: null, reason: null })
  const failed = fail(begun, 'build', new AppError('STORAGE_FULL', 'full'), 250)
  t.match(failed.build, { startedAt: 100, finishedAt: 250, reason: 'full', code: 'STORAGE_FULL', retryable: true })
  t.match(reopen(failed)?.build, { startedAt: null, finishedAt: null, reason: null, code: null, retryable: false })
  const again = fail(begun, 'build', new AppError('BUILD_FAILED', 'x'.repeat(5000)), 300)
  t.equal(again.build.reason?.length, 1001)
  t.equal(again.build.retryable, false)
  t.end()
})
