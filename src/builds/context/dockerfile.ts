// Whether a text is a Dockerfile, and its external sources. The builder decides about everything else.

import { directives, instructions, linesOf, readings, type Instruction } from './instructions.ts'
import { remoteWords } from './remote-sources.ts'

export type DockerfileReport = {
  problems: string[]
  /** Images needed before the build. */
  baseImages: string[]
  /** Images that any builder could use, under any interpretation of the file: for the policy. */
  allImages: string[]
  /** Images that would replace the builder's own Dockerfile parser. */
  readers: string[]
  /** Sources that any builder would or could fetch for an ADD, once variables are substituted. */
  remoteSources: string[]
}

/** `hostFlags` would give a command more access to the host than builds get. */
type Meaning = Pick<DockerfileReport, 'problems' | 'remoteSources'> & { images: string[]; hostFlags: string[] }

const INSTRUCTIONS = new Set(
  'ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL STOPSIGNAL USER VOLUME WORKDIR'.split(
    ' '
  )
)
const HARMLESS_FLAG = /^--(?:network=(?:default|none)|security=sandbox)$/
const MAX_PROBLEMS = 5
const MAX_NAME = 1_000
const SYNTAX_ARG = 'BUILDKIT_SYNTAX'

/** With the build arguments of the request, which replace the file's own defaults. */
export function readDockerfile(text: string, buildArgs: Record<string, string> = {}): DockerfileReport {
  const lines = linesOf(text)
  const top = directives(lines)
  const [usual, ...others] = readings(lines, top).map((reading) => understand(instructions(lines, reading), buildArgs))
  const all = [usual, ...others].filter((meaning) => meaning !== undefined)
  const readers = [top.syntax, buildArgs[SYNTAX_ARG]].filter((image) => image !== undefined)
  return {
    problems: text.includes('\0')
      ? ['it is no text']
      : [...(usual?.problems ?? []), ...unique(all.flatMap(({ hostFlags }) => hostFlags))],
    baseImages: unique(usual?.images ?? []),
    allImages: unique([...readers, ...all.flatMap(({ images }) => images)]),
    readers,
    remoteSources: unique(all.flatMap(({ remoteSources }) => remoteSources))
  }
}

function understand(read: Iterable<Instruction>, buildArgs: Record<string, string>): Meaning {
  const meaning: Meaning = { problems: [], images: [], remoteSources: [], hostFlags: [] }
  const { problems, images, remoteSources, hostFlags } = meaning
  const stages = new Set<string>()
  const values = new Map<string, string>()
  let hasFrom = false

  for (const { line, words } of read) {
    const [word = '', ...rest] = words[0]?.toUpperCase() === 'ONBUILD' && words.length > 1 ? words.slice(1) : words
    const name = word.toUpperCase()
    for (const image of imagesOf(name, rest)) {
      const resolved = substitute(image, values)
      if (!stages.has(resolved.toLowerCase()) && resolved !== 'scratch') images.push(resolved)
    }
    if (name === 'ADD') remoteSources.push(...remoteWords(rest))
    if (name === 'RUN')
      for (const flag of hostFlagsOf(rest)) hostFlags.push(`line ${line}: RUN ${flag} is not available to builds`)
    if (name === 'FROM') {
      hasFrom = true
      const [image, as, stageName] = rest.filter((part) => !part.startsWith('--'))
      if (image === undefined) problems.push(`line ${line}: FROM names no image`)
      if (as?.toUpperCase() === 'AS' && stageName) stages.add(stageName.toLowerCase())
    } else if (!INSTRUCTIONS.has(name))
      problems.push(`line ${line}: ${JSON.stringify(word.slice(0, 40))} is not an instruction`)
    else if (!hasFrom && name !== 'ARG') problems.push(`line ${line}: ${name} stands before the first FROM`)
    else if (!hasFrom) for (const [key, value] of args(rest, buildArgs)) values.set(key, substitute(value, values))
    problems.splice(MAX_PROBLEMS)
    hostFlags.splice(MAX_PROBLEMS)
  }
  if (!hasFrom && problems.length === 0) problems.push('there is no FROM')
  return meaning
}

/** Quotes and backslashes in a flag have no meaning to a builder. */
function imagesOf(name: string, words: string[]): string[] {
  if (name === 'FROM') return words.filter((word) => !word.startsWith('--')).slice(0, 1)
  const flags = words.map((word) => word.replaceAll(/["'\\`]/g, ''))
  if (name === 'COPY' || name === 'ADD') return flags.flatMap((flag) => /^--from=(.*[^\d].*)$/.exec(flag)?.[1] ?? [])
  if (name === 'RUN') return flags.flatMap((flag) => /^--mount=(?:.*,)?from=([^,]+)/i.exec(flag)?.[1] ?? [])
  return []
}

/** Docker's builders refuse them, and Podman's does not. A variable could be anything. */
function hostFlagsOf(words: string[]): string[] {
  const end = words.findIndex((word) => !word.startsWith('--'))
  const flags = words.slice(0, end === -1 ? words.length : end).map((word) => word.replaceAll(/["'\\`]/g, ''))
  return flags.filter((flag) => /^--(network|security)=/i.test(flag) && !HARMLESS_FLAG.test(flag))
}

function* args(words: string[], buildArgs: Record<string, string>): Generator<[string, string]> {
  for (const word of words) {
    const [, name, value] = /^(\w+)(?:=["']?(.*?)["']?)?$/.exec(word) ?? []
    const given = name !== undefined && Object.hasOwn(buildArgs, name) ? buildArgs[name] : value
    if (name !== undefined && given !== undefined) yield [name, given]
  }
}

/** Texts longer than any name are not substituted: variables could double themselves without end. */
function substitute(text: string, values: Map<string, string>): string {
  if (text.length > MAX_NAME) return text
  const put = text.replaceAll(
    /\$(?:\{(\w+)(?::-([^}]*))?\}|(\w+))/g,
    (whole, braced: string, fallback: string, bare: string) => values.get(braced ?? bare) ?? fallback ?? whole
  )
  return put.length > MAX_NAME ? text : put
}

const unique = (names: string[]): string[] => [...new Set(names)]
