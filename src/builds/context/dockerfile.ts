// Whether a text is a Dockerfile, and what it is built on. The builder is the judge of everything else.

export type DockerfileReport = {
  problems: string[]
  /** What is needed before the build. */
  baseImages: string[]
  /** What any builder could take from, however it reads the file: for the policy. */
  allImages: string[]
}

/** `isBody`: a line of a heredoc, which a builder that knows none takes for an instruction. */
type Instruction = { line: number; words: string[]; isBody: boolean }

const INSTRUCTIONS = new Set(
  'ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL STOPSIGNAL USER VOLUME WORKDIR'.split(
    ' '
  )
)
const MAX_PROBLEMS = 5
/** The image of this name takes the place of the builder's own reader of Dockerfiles. */
const SYNTAX_ARG = 'BUILDKIT_SYNTAX'

/** With the build arguments of the request, which take the place of the file's own defaults. */
export function readDockerfile(text: string, buildArgs: Record<string, string> = {}): DockerfileReport {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  const { escape, syntax } = directives(lines)
  const { problems, images, bodyImages } = read(lines, escape, buildArgs)
  const readers = [syntax, buildArgs[SYNTAX_ARG]].filter((image) => image !== undefined)
  // Builders differ in where they still take the directive, so that no image may hide behind either reading.
  const others = /^\s*#\s*escape\s*=/im.test(text) ? read(lines, escape === '`' ? '\\' : '`', buildArgs).images : []
  const mentioned = new Set([...readers, ...images, ...bodyImages, ...others])
  return { problems, baseImages: [...new Set(images)], allImages: [...mentioned] }
}

function read(lines: string[], escape: string, buildArgs: Record<string, string>) {
  const problems: string[] = []
  const images: string[] = []
  const bodyImages: string[] = []
  const stages = new Set<string>()
  const values = new Map<string, string>()
  let hasFrom = false

  for (const { line, words, isBody } of instructions(lines, escape)) {
    const [word = '', ...rest] = words[0]?.toUpperCase() === 'ONBUILD' && words.length > 1 ? words.slice(1) : words
    const name = word.toUpperCase()
    for (const image of imagesOf(name, rest)) {
      const resolved = substitute(image, values)
      if (!stages.has(resolved.toLowerCase()) && resolved !== 'scratch') (isBody ? bodyImages : images).push(resolved)
    }
    if (isBody || problems.length === MAX_PROBLEMS) continue
    if (!INSTRUCTIONS.has(name))
      problems.push(`line ${line}: ${JSON.stringify(word.slice(0, 40))} is not an instruction`)
    else if (name === 'FROM') {
      hasFrom = true
      const [image, as, stageName] = rest.filter((part) => !part.startsWith('--'))
      if (image === undefined) problems.push(`line ${line}: FROM names no image`)
      if (as?.toUpperCase() === 'AS' && stageName) stages.add(stageName.toLowerCase())
    } else if (!hasFrom && name !== 'ARG') problems.push(`line ${line}: ${name} stands before the first FROM`)
    else if (!hasFrom) for (const [key, value] of args(rest, buildArgs)) values.set(key, substitute(value, values))
  }
  if (!hasFrom && problems.length === 0) problems.push('there is no FROM')
  return { problems, images, bodyImages }
}

function imagesOf(name: string, words: string[]): string[] {
  if (name === 'FROM') return words.filter((word) => !word.startsWith('--')).slice(0, 1)
  if (name === 'COPY' || name === 'ADD') return words.flatMap((word) => /^--from=(.*[^\d].*)$/.exec(word)?.[1] ?? [])
  if (name === 'RUN') return words.flatMap((word) => /^--mount=(?:.*,)?from=([^,]+)/.exec(word)?.[1] ?? [])
  return []
}

/** They stand at the top, one in a line, before anything else. */
function directives(lines: string[]): { escape: string; syntax: string | undefined } {
  const found = new Map<string, string>()
  for (const line of lines.slice(lines[0]?.startsWith('#!') ? 1 : 0)) {
    const [, name, value] = /^\s*#\s*([A-Za-z]\w*)\s*=\s*(\S+)/.exec(line) ?? []
    if (name === undefined || value === undefined) break
    found.set(name.toLowerCase(), value)
  }
  return { escape: found.get('escape')?.startsWith('`') ? '`' : '\\', syntax: found.get('syntax') }
}

/** Instructions over several lines as one, without the comments and empty lines between. */
function* instructions(lines: string[], escape: string): Generator<Instruction> {
  let lastOf: Map<string, number> | undefined
  for (let index = 0; index < lines.length; index++) {
    const line = index + 1
    const parts = [lines[index]?.trim() ?? '']
    if (parts[0] === '' || parts[0]?.startsWith('#')) continue
    while (parts.at(-1)?.endsWith(escape) && index + 1 < lines.length) {
      const next = lines[++index]?.trim() ?? ''
      if (next !== '' && !next.startsWith('#')) parts.push(parts.pop()?.slice(0, -1) ?? '', next)
    }
    const whole = parts.join(' ')
    yield { line, words: whole.split(/\s+/), isBody: false }
    if (!/^(RUN|COPY|ADD)\b/i.test(whole)) continue
    for (const [, , , end = ''] of whole.matchAll(/<<(-?)(["']?)([A-Za-z_]\w*)\2/g)) {
      // Asked first, so that many that never end cost no search each.
      lastOf ??= new Map(lines.map((text, at) => [text.trim(), at]))
      if ((lastOf.get(end) ?? -1) <= index) continue
      for (index++; lines[index]?.trim() !== end; index++)
        yield { line: index + 1, words: lines[index]?.trim().split(/\s+/) ?? [], isBody: true }
    }
  }
}

function* args(words: string[], buildArgs: Record<string, string>): Generator<[string, string]> {
  for (const word of words) {
    const [, name, value] = /^(\w+)(?:=["']?(.*?)["']?)?$/.exec(word) ?? []
    const given = name !== undefined && Object.hasOwn(buildArgs, name) ? buildArgs[name] : value
    if (name !== undefined && given !== undefined) yield [name, given]
  }
}

function substitute(text: string, values: Map<string, string>): string {
  return text.replaceAll(
    /\$(?:\{(\w+)(?::-([^}]*))?\}|(\w+))/g,
    (whole, braced: string, fallback: string, bare: string) => {
      return values.get(braced ?? bare) ?? fallback ?? whole
    }
  )
}
