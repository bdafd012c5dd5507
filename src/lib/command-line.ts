// A command line split into words as a shell does it: quotes and backslashes, and nothing else. Nothing is expanded.

const WORD = /\s*((?:[^\s"'\\]|\\[\s\S]|'[^']*'|"(?:[^"\\]|\\[\s\S])*")+)/gy
const PIECE = /\\([\s\S])|'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|([^\\'"]+)/g

/** Undefined when a quote is not closed, or a backslash has nothing after it. Pure. */
export function splitCommand(text: string): string[] | undefined {
  const line = text.trimEnd()
  const words: string[] = []
  WORD.lastIndex = 0
  while (WORD.lastIndex < line.length) {
    const [, word] = WORD.exec(line) ?? []
    if (word === undefined) return undefined
    words.push(word.replaceAll(PIECE, unquoted))
  }
  return words
}

function unquoted(_: string, escaped?: string, single?: string, double?: string, plain?: string): string {
  // Between double quotes a backslash stays, except before special characters.
  return escaped ?? single ?? double?.replaceAll(/\\(["\\$`])/g, '$1') ?? plain ?? ''
}
