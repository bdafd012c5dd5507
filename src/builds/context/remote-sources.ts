// Sources of an ADD that a builder fetches by http or git. Pure.

/** Sources that are remote, or may become so by a variable. Takes the words of the instruction, flags included. */
export function remoteWords(words: string[]): string[] {
  const text = words.filter((word) => !word.startsWith('--')).join(' ')
  // The last one is the target.
  const sources = text.split(text.startsWith('[') ? /[\s,]+/ : /\s+/).slice(0, -1)
  return sources.map(plain).filter(mayBeRemote)
}

/** Removes quotes and escapes, in a JSON list and in shell words. */
function plain(word: string): string {
  const unescaped = word.replaceAll(/\\u([0-9a-f]{4})/gi, (_whole, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16))
  )
  return unescaped.replaceAll(/["'`\\[\]]/g, '')
}

function mayBeRemote(word: string): boolean {
  // A source that begins like a path remains a path.
  if (word.includes('$')) return !/^[^:@$]*\//.test(word)
  return word.includes('://') || isOfSsh(word)
}

/** As in git@host:path. */
function isOfSsh(word: string): boolean {
  const at = word.indexOf('@')
  const colon = word.indexOf(':', at + 1)
  return at !== -1 && colon !== -1 && !word.slice(0, colon).includes('/')
}
