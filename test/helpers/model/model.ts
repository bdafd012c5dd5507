// The allowed answers and the resulting states: the whole promise about one container, without a server. It is pure. A
// history is valid if some order of its requests explains every answer.

type Life = 'absent' | 'running' | 'stopped'
/**
 * `ends`: it will be removed automatically at some time. `undone`: it is removed because its create failed, whose start the
 * engine may still carry out after a later stop. `mayGo`: the engine may still remove it, or not.
 */
export type State = { life: Life; ends: boolean; undone?: boolean; mayGo?: boolean }
export type Operation = 'create' | 'create by key' | 'start' | 'stop' | 'remove' | 'end soon' | 'end never' | 'get'
/** `shown` is the state in the answer. No `status`: the connection broke. */
export type Told = { status?: number | undefined; code?: string | undefined; shown?: string | undefined }
export type Step = { operation: Operation; told: Told; from: number; to: number }

type Outcome = { status: number; code?: string; next: State }

export const ABSENT: State = { life: 'absent', ends: false }
const SHOWN: Record<string, Life> = { running: 'running', exited: 'stopped' }
/** Answers that leave open whether the engine has done it, or will. */
const UNCERTAIN = new Set([
  'ENGINE_UNAVAILABLE',
  'ENGINE_TIMEOUT',
  'ENGINE_FAILED',
  'ENGINE_ANSWER_INVALID',
  'ENGINE_BUSY',
  'SERVER_BUSY',
  'SERVER_STOPPING',
  'AUDIT_FAILED',
  'STORAGE_FULL'
])

export function isUncertain({ status, code }: Told): boolean {
  return status === undefined || (code !== undefined && UNCERTAIN.has(code))
}

/** The only correct answer in this state, and the state after it. */
function outcome(operation: Operation, state: State): Outcome {
  if (state.life === 'absent') {
    if (operation === 'create' || operation === 'create by key')
      return { status: 201, next: { life: 'running', ends: false } }
    return { status: 404, code: 'CONTAINER_NOT_FOUND', next: state }
  }
  switch (operation) {
    case 'create':
      return { status: 409, code: 'CONTAINER_NAME_TAKEN', next: state }
    case 'create by key':
    case 'get':
      return { status: 200, next: state }
    case 'start':
      return { status: 200, next: { ...state, life: 'running' } }
    case 'stop':
      return { status: 200, next: { ...state, life: 'stopped' } }
    case 'remove':
      return { status: 200, next: ABSENT }
    case 'end soon':
      return { status: 200, next: { ...state, ends: true } }
    case 'end never':
      return { status: 200, next: { ...state, ends: state.undone ?? false } }
  }
}

/** The states that the step may lead to from this one; none if its answer has no explanation. */
function after(state: State, { operation, told }: Step): State[] {
  const { status, code, next } = outcome(operation, state)
  if (isUncertain(told)) return [state, ...carriedOut(operation, state, next, told)]
  // A container is busy for a moment during its automatic removal.
  if (state.life !== 'absent' && state.ends && told.code === 'CONTAINER_BUSY') return [state]
  if (told.status !== status || (code !== undefined && told.code !== code)) return []
  const shown = told.shown === undefined ? undefined : SHOWN[told.shown]
  return shown === undefined || shown === next.life || state.undone ? [next] : []
}

/**
 * A refused create is undone, but may be visible for a while; one whose answer was cut off may stand. A removal with
 * force ends the workload first, and may get no further.
 */
function carriedOut(operation: Operation, state: State, next: State, { status }: Told): State[] {
  if (operation === 'remove' && state.life === 'running') return [next, { ...state, life: 'stopped', mayGo: true }]
  if (operation !== 'create' || state.life !== 'absent') return [next]
  const undone = { ...next, ends: true, undone: true }
  return status === undefined ? [next, undone] : [undone]
}

/** Every possible state after the steps; none if no order of them explains the answers. */
export function explain(initial: State[], steps: Step[]): State[] {
  const finals = new Map<string, State>()
  const seen = new Set<string>()
  const visit = (state: State, done: Set<number>) => {
    const key = `${keyOf(state)} ${[...done].sort().join()}`
    if (seen.has(key)) return
    seen.add(key)
    // Its automatic removal may happen at any moment.
    if (state.ends || state.mayGo) visit(ABSENT, done)
    const open = [...steps.keys()].filter((index) => !done.has(index))
    const deadline = Math.min(...open.map((index) => endOf(steps[index])))
    if (deadline === Infinity) finals.set(keyOf(state), state)
    for (const index of open) {
      const step = steps[index]
      if (!step || step.from > deadline) continue
      for (const next of after(state, step)) visit(next, new Set(done).add(index))
    }
  }
  for (const state of initial) visit(state, new Set())
  return [...finals.values()]
}

/** A request with an uncertain answer may still be carried out long after it. */
function endOf(step: Step | undefined): number {
  return step === undefined || isUncertain(step.told) ? Infinity : step.to
}

function keyOf({ life, ends, undone, mayGo }: State): string {
  return `${life} ${ends} ${undone} ${mayGo}`
}
