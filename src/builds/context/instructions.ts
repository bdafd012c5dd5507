// The text of a Dockerfile as instructions, split exactly where builders split it: an instruction to a builder must not hide
// in another one here. Builders differ, so one text may have several readings.

export type Instruction = { line: number; words: string[] }

/**
 * `escape`: the character that continues a line. `doubled`: whether it also does so after itself, as up to BuildKit
 * 0.10.
 */
type Reading = { escape: '\\' | '`'; doubled: boolean; heredocs: boolean }

export type Directives = { escape: '\\' | '`'; syntax: string | undefined }

// White space as in Go, the language of the builders: without the byte order mark, which is a space in JavaScript.
const SPACE = '[\\t\\n\\v\\f\\r \\u0085\\u00A0\\u1680\\u2000-\\u200A\\u2028\\u2029\\u202F\\u205F\\u3000]*'
const NOTHING = new RegExp(`^${SPACE}(#.*)?$`, 's')
const LEADING = new RegExp(`^${SPACE}`)
const HEREDOC = /<<(-?)(["']?)([A-Za-z_]\w*)\2/g

export const linesOf = (text: string): string[] => text.replace(/^\uFEFF/, '').split(/\r?\n/)

/** Directives are at the top, one per line, before anything else. */
export function directives(lines: string[]): Directives {
  const found = new Map<string, string>()
  for (const line of lines.slice(lines[0]?.startsWith('#!') ? 1 : 0)) {
    const [, name, value] = /^\s*#\s*([A-Za-z]\w*)\s*=\s*(\S+)/.exec(line) ?? []
    if (name === undefined || value === undefined) break
    found.set(name.toLowerCase(), value)
  }
  return { escape: found.get('escape')?.startsWith('`') ? '`' : '\\', syntax: found.get('syntax') }
}

/** The usual reading first. Builders differ in the positions of directives and in their support of heredocs. */
export function readings(lines: string[], { escape }: Directives): Reading[] {
  const text = lines.join('\n')
  const escapes = /^[^\S\n]*#[^\S\n]*escape[^\S\n]*=/im.test(text)
    ? ([escape, escape === '`' ? '\\' : '`'] as const)
    : [escape]
  const doubles = /(\\\\|``)[ \t]*$/m.test(text) ? [true, false] : [true]
  const heredocs = text.includes('<<') ? [true, false] : [true]
  return escapes.flatMap((one) =>
    doubles.flatMap((doubled) => heredocs.map((knowsThem) => ({ escape: one, doubled, heredocs: knowsThem })))
  )
}

/** Instructions over several lines as one, without the comments and empty lines between. */
export function* instructions(lines: string[], { escape, doubled, heredocs }: Reading): Generator<Instruction> {
  const sign = escape === '`' ? '`' : '\\\\'
  const goesOn = new RegExp(doubled ? `${sign}[ \\t]*$` : `(?<!${sign})${sign}[ \\t]*$`)
  let lastOf: Map<string, number> | undefined
  for (let index = 0; index < lines.length; index++) {
    const line = index + 1
    const parts = [lines[index]?.replace(LEADING, '') ?? '']
    if (NOTHING.test(parts[0] ?? '')) continue
    while (goesOn.test(parts.at(-1) ?? '') && index + 1 < lines.length) {
      const next = lines[++index] ?? ''
      if (!NOTHING.test(next)) parts.push(parts.pop()?.replace(goesOn, '') ?? '', next)
    }
    const whole = parts.join('')
    yield { line, words: whole.trim().split(/\s+/) }
    if (!heredocs || !/^(RUN|COPY|ADD)\b/i.test(whole)) continue
    for (const [, , , end = ''] of whole.matchAll(HEREDOC)) {
      // Checked first, so that many unterminated heredocs do not cost a search each.
      lastOf ??= new Map(lines.map((text, at) => [text.trim(), at]))
      if ((lastOf.get(end) ?? -1) <= index) continue
      while (lines[++index]?.trim() !== end);
    }
  }
}
