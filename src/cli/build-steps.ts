// The display of a build on a terminal, from the lines of its log, for either builder: finished steps, running steps with
// their last output, and the progress. Pure, except for the state of running steps.

import { bar } from './style.ts'

type Step = { title: string; startedAt: number; output: string[] }

const NUMBERED = /^#(\d+) (.+)$/
const DONE = /^DONE (\d+(?:\.\d+)?s)$/
const TIMED = /^\d+\.\d+ /
const CLASSIC = /^Step (\d+\/\d+) : (.+)$/
const CLASSIC_CACHED = /^ ---> Using cache/
/** Messages of the classic builder between steps. */
const CLASSIC_NOISE = /^(?: ---> |Removing intermediate container |Successfully built )/
const PLACE = /^\[(?:(\S+) )?(\d+)\/(\d+)\]/
const LAYER = /^[0-9a-f]{12}: /
const KEPT_LINES = 20
const SHOWN_LINES = 6

export function createSteps(now: () => number) {
  const running = new Map<string, Step>()
  const layers = new Map<string, string>()
  /** For each stage: the number of its steps, and the finished ones. */
  const stages = new Map<string, { total: number; done: Set<string> }>()

  function begin(id: string, title: string): void {
    running.set(id, { title, startedAt: now(), output: [] })
    const [, name = '', , total] = PLACE.exec(title) ?? []
    if (total !== undefined && !stages.has(name)) stages.set(name, { total: Number(total), done: new Set() })
  }

  function finish(id: string, how: string): string[] {
    const title = running.get(id)?.title ?? ''
    running.delete(id)
    const [, name = '', number] = PLACE.exec(title) ?? []
    if (number !== undefined) stages.get(name)?.done.add(number)
    return [`${title}  ${how}`]
  }

  /** The current step of the classic builder. */
  function finishClassic(how = 'done'): string[] {
    return running.has('classic') ? finish('classic', how) : []
  }

  function takeNumbered(id: string, said: string): string[] {
    const step = running.get(id)
    if (!step) return (begin(id, said), [])
    const [, time] = DONE.exec(said) ?? []
    if (time !== undefined) return finish(id, time)
    if (said === 'CACHED') return finish(id, 'cached')
    if (said.startsWith('ERROR')) return [...step.output.map(indented), ...finish(id, said)]
    keep(step, said.replace(TIMED, ''))
    return []
  }

  return {
    /** Takes a line of the log; returns the lines that stay. */
    take(line: string): string[] {
      const [, id = '', said = ''] = NUMBERED.exec(line) ?? []
      if (id !== '') return takeNumbered(id, said)
      const [, place, title] = CLASSIC.exec(line) ?? []
      if (place !== undefined) {
        const before = finishClassic()
        begin('classic', `[${place}] ${title}`)
        return before
      }
      if (CLASSIC_CACHED.test(line)) return finishClassic('cached')
      if (line.startsWith('Successfully built ')) return finishClassic()
      const step = running.get('classic')
      if (CLASSIC_NOISE.test(line) || line.trim() === '') return []
      if (step) return (keep(step, line), [])
      if (LAYER.test(line)) return (layers.set(line.slice(0, 12), line), [])
      layers.clear()
      return [line]
    },

    /** Below the lines that stay. */
    live(): string[] {
      const all = [...stages.values()]
      const total = all.reduce((sum, stage) => sum + stage.total, 0)
      const done = all.reduce((sum, stage) => sum + stage.done.size, 0)
      const steps = [...running.values()].flatMap(({ title, startedAt, output }) => [
        `${title}${secondsOf(now() - startedAt)}`,
        ...output.slice(-SHOWN_LINES).map(indented)
      ])
      const far = total > 0 && done < total ? [`${bar(done / total)}  ${done} of ${total} steps`] : []
      return [...steps, ...layers.values(), ...far]
    },

    /** After the end of a build: the output of unfinished steps. */
    unfinished: (): string[] => [...running.values()].flatMap(({ title, output }) => [title, ...output.map(indented)])
  }
}

function keep(step: Step, line: string): void {
  step.output.push(line)
  if (step.output.length > KEPT_LINES) step.output.shift()
}

const secondsOf = (ms: number): string => (ms < 1_000 ? '' : `  ${Math.floor(ms / 1_000)} s`)
const indented = (line: string): string => `    ${line}`
