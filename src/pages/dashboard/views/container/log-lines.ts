// Log lines: kept up to a limit, and searched.

import { levelOf, withoutColours } from '../../lib/ansi.ts'

export type LogLine = {
  number: number
  time: string
  stream: 'stdout' | 'stderr'
  text: string
  level: ReturnType<typeof levelOf>
}

const MOST = 100_000

export function createLogLines() {
  let lines: LogLine[] = []
  let count = 0
  return {
    get all(): readonly LogLine[] {
      return lines
    },
    add(stream: LogLine['stream'], { timestamp = '', line }: { timestamp?: string; line: string }): void {
      lines.push({ number: ++count, time: timestamp, stream, text: line, level: levelOf(withoutColours(line)) })
      // Drops a tenth at once, so a full log does not move a hundred thousand lines for each new one.
      if (lines.length > MOST * 1.1) lines = lines.slice(-MOST)
    }
  }
}

export type Search = { fits: (line: LogLine) => boolean; fault?: string }

/** Plain text, or a regular expression between slashes. */
export function searchFor(text: string, levels: ReadonlySet<string>): Search {
  const hasLevel = (line: LogLine) => levels.size === 0 || (line.level !== undefined && levels.has(line.level))
  const expression = /^\/(.+)\/(i?)$/.exec(text)
  if (!expression) {
    const wanted = text.toLowerCase()
    return { fits: (line) => hasLevel(line) && withoutColours(line.text).toLowerCase().includes(wanted) }
  }
  try {
    const pattern = new RegExp(expression[1] ?? '', expression[2])
    return { fits: (line) => hasLevel(line) && pattern.test(withoutColours(line.text)) }
  } catch (error) {
    return { fits: hasLevel, fault: error instanceof Error ? error.message : String(error) }
  }
}
