// The progress of long work: lines that are redrawn on a terminal, one line per step elsewhere. It goes to stderr, so that
// the output of a command can be piped.

import type { TransferProgress } from '../client/api.ts'
import { bytes } from '../lib/format.ts'
import type { Session } from './session.ts'
import { bar } from './style.ts'

export type Progress = ReturnType<typeof createProgress>

const AGAIN_MS = 80
const MOST_LINES = 12

export function createProgress({ err, json, io: { env } }: Pick<Session, 'err' | 'json' | 'io'>) {
  const isLive = err.isTTY === true && !json && env.TERM !== 'dumb'
  let lines: () => string[] = () => []
  let shown = ''
  let timer: NodeJS.Timeout | undefined

  /** In one piece, so that nothing flickers. */
  function paint(above = ''): void {
    const width = (err.columns || 80) - 1
    const next = lines()
      .slice(-MOST_LINES)
      .map((line) => `${line.slice(0, width)}\n`)
      .join('')
    if (above === '' && next === shown) return
    const count = shown.split('\n').length - 1
    err.write(`${count > 0 ? `\u001B[${count}A\u001B[0J` : ''}${above}${next}`)
    shown = next
  }

  function end(): void {
    clearInterval(timer)
    timer = undefined
    lines = () => []
    paint()
  }

  return {
    isLive,
    /** The current state, queried repeatedly; only a terminal shows it. */
    draw(what: () => string[]): void {
      if (!isLive) return
      lines = what
      timer ??= setInterval(paint, AGAIN_MS).unref()
    },
    /** A line that stays. */
    line(text: string): void {
      if (!json) paint(`${text}\n`)
    },
    end
  }
}

/** The layers of a pull or push, each with its bar. */
export function createLayers(progress: Progress) {
  const layers = new Map<string, TransferProgress>()
  return (step: TransferProgress): void => {
    if (step.layer === null) {
      if (!progress.isLive) progress.line(step.status)
    } else if (!step.status.startsWith('Pulling from')) layers.set(step.layer, step)
    progress.draw(() => [...layers.values()].map(layerLine))
  }
}

function layerLine({ layer, status, current_bytes: current, total_bytes: total }: TransferProgress): string {
  const share = current !== null && total ? ` ${shareOf(current, total)}` : ''
  return `${(layer ?? '').slice(0, 12).padEnd(12)}  ${status}${share}`
}

const shareOf = (current: number, total: number): string => `${bar(current / total)} of ${bytes(total)}`

/** The line of an upload or a download, whose size is known unless it comes from a pipe. */
export function bytesLine(verb: 'Sending' | 'Receiving', done: number, total: number | undefined): string {
  return `${verb} ${total === undefined ? bytes(done) : shareOf(done, total)}`
}

/** Counts the bytes on their way to the server. */
export async function* counted(
  content: AsyncIterable<Uint8Array>,
  onBytes: (total: number) => void
): AsyncGenerator<Uint8Array> {
  let total = 0
  for await (const piece of content) {
    yield piece
    onBytes((total += piece.length))
  }
}
