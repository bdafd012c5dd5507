// How far long work is: lines that are written over on a terminal, one line for each step elsewhere. To stderr, so that what
// a command prints can be piped on.

import type { TransferProgress } from '../client/api.ts'
import { bytes } from '../lib/format.ts'
import type { Session } from './session.ts'
import { bar } from './style.ts'

export type Progress = ReturnType<typeof createProgress>

const AGAIN_MS = 80

export function createProgress({ err, json, io: { env } }: Pick<Session, 'err' | 'json' | 'io'>) {
  const isLive = err.isTTY === true && !json && env.TERM !== 'dumb'
  let drawn = 0
  let lastAt = 0

  function clear(): void {
    if (drawn > 0) err.write(`\u001B[${drawn}A\u001B[0J`)
    drawn = 0
  }

  return {
    isLive,
    /** What holds now; only a terminal shows it. */
    draw(lines: () => string[]): void {
      if (!isLive || Date.now() - lastAt < AGAIN_MS) return
      lastAt = Date.now()
      const width = (err.columns || 80) - 1
      clear()
      const shown = lines().slice(-12)
      err.write(shown.map((line) => `${line.slice(0, width)}\n`).join(''))
      drawn = shown.length
    },
    /** A line that stays. */
    line(text: string): void {
      clear()
      if (!json) err.write(`${text}\n`)
    },
    end: clear
  }
}

/** The layers of a pull or push, each with its bar. */
export function createLayers(progress: Progress) {
  const layers = new Map<string, TransferProgress>()
  return (step: TransferProgress): void => {
    if (step.layer === null) {
      if (!progress.isLive) progress.line(step.status)
    } else layers.set(step.layer, step)
    progress.draw(() => [...layers.values()].map(layerLine))
  }
}

function layerLine({ layer, status, current_bytes: current, total_bytes: total }: TransferProgress): string {
  const share = current !== null && total ? ` ${bar(current / total)} of ${bytes(total)}` : ''
  return `${(layer ?? '').slice(0, 12).padEnd(12)}  ${status}${share}`
}

/** Counts what passes through on its way to the server. */
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
