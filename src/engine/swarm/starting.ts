// Whether the start of a service has finished, judged by its tasks. Pure.

import type { AppError } from '../../errors.ts'
import { Refusal } from '../docker/failures.ts'
import { translateError } from '../docker/translate-error.ts'
import type { RawTask } from './schemas/tasks.ts'
import { isUnderCheck, newestFirst } from './task-state.ts'

type Begun = { is: 'started' } | { is: 'refused'; error: AppError } | { is: 'pending'; error: AppError | undefined }

const OWN_END = /^task: non-zero exit|unhealthy container/i

/** `tasks` are those of this start. */
export function begunOf(
  tasks: readonly RawTask[],
  { hasHealthcheck, settledMs }: { hasHealthcheck: boolean; settledMs: (task: RawTask) => number }
): Begun {
  for (const task of newestFirst(tasks)) {
    const { State: state, Err: said } = task.Status
    if (state === 'running' || state === 'complete') return { is: 'started' }
    if (isUnderCheck(task, hasHealthcheck) && settledMs(task) > SETTLED_MS) return { is: 'started' }
    if (state === 'failed' || state === 'rejected')
      return OWN_END.test(said ?? '') ? { is: 'started' } : { is: 'refused', error: refusal(said) }
    if (state === 'pending') return { is: 'pending', error: said ? refusal(said) : undefined }
  }
  return { is: 'pending', error: undefined }
}

// A container that cannot start fails within that time.
const SETTLED_MS = 1_500

function refusal(said: string | null | undefined): AppError {
  const failure = { what: 'start the container', isChange: true, address: '', cancelled: false }
  return translateError(new Refusal(500, said ?? ''), failure)
}
