// Logs engine texts that no rule of `translate-error.ts` knows, once each, so that the texts of new engines are found early.

import { UnknownText } from './translate-error.ts'

// More texts are not worth the memory.
const MOST = 200

type Log = { warn(fields: object, message: string): void }

export function createUnknownTexts(log: Log) {
  const known = new Set<string>()

  return function note(error: unknown): void {
    if (!(error instanceof UnknownText) || known.size >= MOST) return
    const { status, code, message } = error
    const shape = `${status} ${shapeOf(message)}`
    if (known.has(shape)) return
    known.add(shape)
    log.warn({ status, code, text: message }, 'engine error that no rule knows')
  }
}

/** The text without the parts that differ between containers, images or ports. */
function shapeOf(text: string): string {
  return text.replace(/"[^"]*"|[\w.-]*\d[\w.-]*/g, '#')
}
