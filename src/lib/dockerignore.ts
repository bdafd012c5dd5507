// The rules of .dockerignore, as in `docker build`. Pure. Lines are not converted to regular expressions, which a
// client could make run forever.

export type Ignore = (path: string) => boolean
/** Creates the error for invalid lines. */
type Refuse = (message: string, cause?: unknown) => Error

export const IGNORE_FILE = '.dockerignore'
// Each path of the context is matched against each line, if necessary letter by letter.
const MAX_RULES = 1_000
const MAX_COMPARISONS = 50_000_000
const ANY_FOLDERS = '**'
const ANY_TEXT = '*'
/** One character: a literal, any, or one of a class. */
type Piece = string | RegExp
type Segment = typeof ANY_FOLDERS | Piece[]
type Rule = { segments: Segment[]; keeps: boolean }
type Spend = () => void

/** The last line that fits a path, or a folder above it, decides. */
export function readIgnore(text: string, refuse: Refuse): Ignore {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  const rules = lines.filter((line) => !line.startsWith('#')).flatMap((line) => ruleOf(line.trim(), refuse) ?? [])
  if (rules.length > MAX_RULES) throw refuse(`The .dockerignore has more than ${MAX_RULES} lines.`)
  let left = MAX_COMPARISONS
  function spend(): void {
    if (--left < 0)
      throw refuse(
        `The .dockerignore takes more than ${MAX_COMPARISONS} comparisons for this context: use fewer lines, or fewer stars in them.`
      )
  }
  return (path) => {
    const names = path.split('/').map((name) => Array.from(name))
    return rules.findLast(({ segments }) => fitsPath(segments, names, spend))?.keeps === false
  }
}

function ruleOf(line: string, refuse: Refuse): Rule | undefined {
  const keeps = line.startsWith('!')
  const parts: string[] = []
  for (const part of (keeps ? line.slice(1) : line).trim().split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  if (parts.length === 0) return undefined
  // A matching folder excludes everything below it.
  return { segments: [...parts.map((part) => segmentOf(part, refuse)), ANY_FOLDERS], keeps }
}

function segmentOf(part: string, refuse: Refuse): Segment {
  if (part === ANY_FOLDERS) return ANY_FOLDERS
  const pieces = part.match(/\[\^?(?:\\.|[^\]\\])+\]|\\.|\*+|[^]/gu) ?? []
  return pieces.map((piece) => {
    if (piece.startsWith('*')) return ANY_TEXT
    if (piece === '?') return /[^]/u
    if (piece === '\\*') return /\*/u
    if (piece.length > 1 && piece.startsWith('[')) return classOf(piece, refuse)
    return piece.length > 1 && piece.startsWith('\\') ? piece.slice(1) : piece
  })
}

function classOf(piece: string, refuse: Refuse): RegExp {
  try {
    return new RegExp(`^${piece}$`)
  } catch (cause) {
    throw refuse(`${JSON.stringify(piece)} in the .dockerignore is no class of characters.`, cause)
  }
}

function fitsPath(segments: Segment[], names: string[][], spend: Spend): boolean {
  const isAnyNumber = (segment: Segment) => segment === ANY_FOLDERS
  return fits(segments, names, isAnyNumber, (segment, name) => fitsName(segment, name, spend))
}

function fitsName(segment: Segment, name: string[], spend: Spend): boolean {
  const isAnyNumber = (piece: Piece) => piece === ANY_TEXT
  return (
    segment !== ANY_FOLDERS && fits(segment, name, isAnyNumber, (piece, letter) => fitsLetter(piece, letter, spend))
  )
}

function fitsLetter(piece: Piece, letter: string, spend: Spend): boolean {
  spend()
  return typeof piece === 'string' ? piece === letter : piece.test(letter)
}

/**
 * Whether a row matches a pattern, in which some pieces match any number of items. Only the last of these is retried.
 */
function fits<P, I>(
  pattern: P[],
  items: I[],
  isAnyNumber: (piece: P) => boolean,
  isOne: (piece: P, item: I) => boolean
): boolean {
  let at = 0
  let next = 0
  let open: { at: number; from: number } | undefined
  while (next < items.length) {
    const piece = pattern[at]
    const item = items[next] as I
    if (piece !== undefined && isAnyNumber(piece)) open = { at: at++, from: next }
    else if (piece !== undefined && isOne(piece, item)) {
      at++
      next++
    } else if (open) {
      at = open.at + 1
      next = ++open.from
    } else return false
  }
  return pattern.slice(at).every(isAnyNumber)
}
