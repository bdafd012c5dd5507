import t from 'tap'
import { createSteps } from '../../../src/cli/build-steps.ts'

function played(lines: string[]) {
  const clock = { now: 0 }
  const steps = createSteps(() => clock.now)
  return { clock, steps, stays: lines.flatMap((line) => steps.take(line)) }
}

t.test('BuildKit: a finished step stays with its time, and running steps are below it with their output', async (t) => {
  const { clock, steps, stays } = played([
    '#1 [internal] load remote build context',
    '#1 DONE 0.3s',
    '#2 [1/3] FROM busybox',
    '#2 CACHED',
    '#3 [2/3] RUN make',
    ...Array.from({ length: 9 }, (_none, index) => `#3 0.${index} line ${index}`)
  ])
  t.strictSame(stays, ['[internal] load remote build context  0.3s', '[1/3] FROM busybox  cached'])
  clock.now = 61_500
  t.strictSame(steps.live(), [
    '[2/3] RUN make  61 s',
    ...[3, 4, 5, 6, 7, 8].map((index) => `    line ${index}`),
    '[=======             ] 33 %  1 of 3 steps'
  ])
})

t.test('the steps of all stages count', async (t) => {
  const { steps } = played(['#1 [build 1/2] FROM a', '#1 DONE 0.1s', '#2 [stage-1 1/2] FROM b'])
  t.equal(steps.live().at(-1), '[=====               ] 25 %  1 of 4 steps')
})

t.test('the output of a failed step stays', async (t) => {
  const { steps, stays } = played(['#1 [1/2] RUN x', '#1 0.1 no module shop', '#1 ERROR: exit code: 3'])
  t.strictSame(stays, ['    no module shop', '[1/2] RUN x  ERROR: exit code: 3'])
  t.strictSame(steps.unfinished(), [])
})

t.test('classic builder: a step ends with the next one, and messages of the builder are left out', async (t) => {
  const { steps, stays } = played([
    'Step 1/3 : FROM busybox',
    ' ---> 3cbc0d2ac9fa',
    'Step 2/3 : COPY a b',
    ' ---> Using cache',
    'Step 3/3 : RUN make',
    ' ---> Running in 5cd17236649a',
    'no module shop'
  ])
  t.strictSame(stays, ['[1/3] FROM busybox  done', '[2/3] COPY a b  cached'])
  t.strictSame(steps.unfinished(), ['[3/3] RUN make', '    no module shop'])
})

t.test('each layer of a push is a line while it moves, and output after the steps stays', async (t) => {
  const { steps } = played(['fba4929954a6: Preparing', 'c241afa8513b: Preparing', 'fba4929954a6: Pushed'])
  t.strictSame(steps.live(), ['fba4929954a6: Pushed', 'c241afa8513b: Preparing'])
  t.strictSame(steps.take('running web at http://127.0.0.1:8001'), ['running web at http://127.0.0.1:8001'])
  t.strictSame(steps.live(), [])
})
