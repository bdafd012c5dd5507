// Converts a build's output to numbered steps and readable lines. One reader for each builder; both take the frames of
// the engine's stream in order.

import { StringDecoder } from 'node:string_decoder'
import type { BuildProgress, BuildStep } from '../contract/builder.ts'
import { decodeTrace, type Trace, type Vertex } from './buildkit-trace.ts'
import type { ProgressFrame } from './schemas/streams.ts'

export type StepReader = (frame: ProgressFrame) => BuildProgress[]

const TRACE = 'moby.buildkit.trace'
// An endless line is cut at this length, to limit the memory.
const MAX_REST = 8 * 1024

/** BuildKit runs steps in parallel, so each line names its step, as `docker build --progress=plain` does. */
export function createBuildKitReader(): StepReader {
  type Known = { step: BuildStep; started: number; decoder: StringDecoder; rest: string }
  const known = new Map<string, Known>()

  function* beginning({ digest, name, startedMs: started }: Vertex): Generator<BuildProgress> {
    // A step is shown when it starts: before that it may still be skipped.
    if (started === undefined || known.has(digest)) return
    const step: BuildStep = { number: known.size + 1, name: clean(name), status: 'running', durationMs: null }
    known.set(digest, { step, started, decoder: new StringDecoder('utf8'), rest: '' })
    yield { line: `#${step.number} ${step.name}` }
    yield { step: { ...step } }
  }

  function* finishing(vertex: Vertex): Generator<BuildProgress> {
    const entry = known.get(vertex.digest)
    if (entry?.step.status !== 'running') return
    const { step } = entry
    if (vertex.error !== '') step.status = 'failed'
    else if (vertex.completedMs !== undefined) step.status = vertex.cached ? 'cached' : 'completed'
    if (vertex.completedMs !== undefined)
      step.durationMs = Math.max(0, Math.round(vertex.completedMs - (vertex.startedMs ?? entry.started)))
    if (step.status === 'running') return
    if (entry.rest !== '') yield { line: `#${step.number} ${clean(entry.rest)}` }
    entry.rest = ''
    yield { line: `#${step.number} ${ending(step, vertex.error)}` }
    yield { step: { ...step } }
  }

  function* logProgress({ vertex, timeMs, text }: Trace['logs'][number]): Generator<BuildProgress> {
    const entry = known.get(vertex)
    if (!entry) return
    const { block, rest } = cutLines(entry.rest + entry.decoder.write(Buffer.from(text)))
    entry.rest = rest
    if (block === undefined) return
    const at = Math.max(0, (timeMs - entry.started) / 1000).toFixed(3)
    const prefix = `#${entry.step.number} ${at} `
    yield { line: prefix + clean(block).replaceAll('\n', `\n${prefix}`) }
  }

  return ({ id, aux, stream }) => {
    if (id === TRACE && typeof aux === 'string') {
      const { vertexes, logs } = decodeTrace(Buffer.from(aux, 'base64'))
      return [
        ...vertexes.flatMap((vertex) => [...beginning(vertex)]),
        ...logs.flatMap((log) => [...logProgress(log)]),
        ...vertexes.flatMap((vertex) => [...finishing(vertex)])
      ]
    }
    return [...imageProgress(aux), ...textLines(stream ?? '')]
  }
}

/** Podman counts the steps per stage, and the stages only if there are several. */
const CLASSIC_STEP =
  /^(?:Step (?<number>\d+)\/(?<total>\d+) : |(?:\[(?<stage>\d+)\/\d+\] )?STEP (?<number>\d+)\/(?<total>\d+): )(?<instruction>.*)\n?$/
const CACHED = /^ ?-{2,3}> Using cache\b/

/** The classic builder runs one step after the other and writes plain text. */
export function createClassicReader(now: () => number = Date.now): StepReader {
  let current: { step: BuildStep; started: number } | undefined
  let begun = 0
  let place = { stage: 0, number: 0 }
  let made: BuildProgress[] = []
  let rest = ''

  function* finish(status: BuildStep['status']): Generator<BuildProgress> {
    if (!current) return
    const { step, started } = current
    current = undefined
    yield { step: { ...step, status: step.status === 'running' ? status : step.status, durationMs: now() - started } }
  }

  /** The builder's own messages have separate frames. */
  function* stepProgress(said: string): Generator<BuildProgress> {
    const { stage, number = '', total = '', instruction = '' } = CLASSIC_STEP.exec(said)?.groups ?? {}
    const next = { stage: Number(stage ?? 0), number: Number(number) }
    if (follows(next, place)) {
      yield* finish('completed')
      begun++
      place = next
      const name = `[${stage === undefined ? '' : `stage-${next.stage - 1} `}${number}/${total}] ${clean(instruction)}`
      current = { step: { number: begun, name, status: 'running', durationMs: null }, started: now() }
      yield { step: { ...current.step } }
    } else if (current && CACHED.test(said)) current.step.status = 'cached'
  }

  return (frame) => {
    const stream = frame.stream ?? ''
    const { block, rest: open } = cutLines(rest + stream)
    rest = open
    // Every stage has its image; the last one counts.
    const image = imageProgress(frame.aux)
    if (image.length > 0) made = image
    const said = [...stepProgress(stream)]
    if (block !== undefined) said.push({ line: clean(block) })
    if (stream.startsWith('Successfully built ')) said.push(...finish('completed'), ...made)
    if (typeof frame.status === 'string' && typeof frame.progressDetail?.total !== 'number')
      said.push({ line: clean([frame.id, frame.status].filter(Boolean).join(': ')) })
    return said
  }
}

/** A program in a step may print a line that looks like a step. */
function follows(next: { stage: number; number: number }, last: { stage: number; number: number }): boolean {
  return next.stage > last.stage ? next.number === 1 : next.stage === last.stage && next.number === last.number + 1
}

/** All complete lines at once: a build may print a gigabyte, which line by line would block everything else. */
function cutLines(text: string): { block: string | undefined; rest: string } {
  const end = text.lastIndexOf('\n')
  if (text.length - end > MAX_REST) return { block: text, rest: '' }
  return { block: end === -1 ? undefined : text.slice(0, end), rest: text.slice(end + 1) }
}

function imageProgress(aux: unknown): BuildProgress[] {
  const isImage = typeof aux === 'object' && aux !== null && 'ID' in aux && typeof aux.ID === 'string'
  return isImage ? [{ imageId: aux.ID as string }] : []
}

function textLines(text: string): BuildProgress[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => ({ line: clean(line) }))
}

function ending({ status, durationMs }: BuildStep, error: string): string {
  if (status === 'failed') return `ERROR: ${clean(error)}`
  return status === 'cached' ? 'CACHED' : `DONE ${((durationMs ?? 0) / 1000).toFixed(1)}s`
}

// oxlint-disable-next-line no-control-regex -- colours and cursor movements of programs
const ESCAPES = /\u001B(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007\u001B]*(?:\u0007|\u001B\\)?|[@-Z\\-_])/g
// oxlint-disable-next-line no-control-regex -- control sequences of terminals
const CONTROLS = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/g

const WRITTEN_OVER = /^[^\n]*\r(?=[^\r\n])/gm

/** Progress bars overwrite their own line, so only the last content counts. */
function clean(text: string): string {
  const last = text.includes('\r') ? text.replaceAll(WRITTEN_OVER, '') : text
  return last.replaceAll(ESCAPES, '').replaceAll(CONTROLS, '')
}
