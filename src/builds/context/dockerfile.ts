// Whether a text is a Dockerfile, and what it is built on. The builder is the judge of everything else.

export type DockerfileReport = {
  problems: string[]
  /** What is needed before the build. */
  baseImages: string[]
  /** What any builder could take from, however it reads the file: for the policy. */
  allImages: string[]
}

const INSTRUCTIONS = new Set(
  'ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL STOPSIGNAL USER VOLUME WORKDIR'.split(
    ' '
  )
)
const MAX_PROBLEMS = 5

/** With the build arguments of the request, which take the place of the file's own defaults. */
export function readDockerfile(text: string, buildArgs: Record<string, string> = {}): DockerfileReport {
  const problems: string[] = []
  const baseImages: string[] = []
  const stages = new Set<string>()
  const defaults = new Map<string, string>()
  let hasFrom = false

  for (const { line, words } of instructions(text)) {
    const [word = '', ...rest] = words
    const name = word.toUpperCase()
    if (!INSTRUCTIONS.has(name))
      problems.push(`line ${line}: ${JSON.stringify(word.slice(0, 40))} is not an instruction`)
    else if (name === 'FROM') {
      hasFrom = true
      const [image = '', as, stageName] = rest.filter((part) => !part.startsWith('--'))
      if (image === '') problems.push(`line ${line}: FROM names no image`)
      const resolved = substitute(image, defaults)
      if (!stages.has(resolved.toLowerCase()) && resolved !== 'scratch') baseImages.push(resolved)
      if (as?.toUpperCase() === 'AS' && stageName) stages.add(stageName.toLowerCase())
    } else if (!hasFrom && name !== 'ARG') problems.push(`line ${line}: ${name} stands before the first FROM`)
    else if (name === 'ARG' && !hasFrom)
      for (const [key, value] of args(rest, buildArgs)) defaults.set(key, substitute(value, defaults))
    else if (name === 'COPY' || name === 'ADD') {
      const from = rest.find((part) => part.startsWith('--from='))?.slice('--from='.length)
      if (from !== undefined && !/^\d+$/.test(from) && !stages.has(from.toLowerCase()))
        baseImages.push(substitute(from, defaults))
    }
    if (problems.length === MAX_PROBLEMS) break
  }
  if (!hasFrom && problems.length === 0) problems.push('there is no FROM')
  const others = mentionedImages(text)
    .map((image) => substitute(image, defaults))
    .filter((image) => !stages.has(image.toLowerCase()) && image !== 'scratch' && !/^\d+$/.test(image))
  return { problems, baseImages: [...new Set(baseImages)], allImages: [...new Set([...baseImages, ...others])] }
}

/**
 * What no builder can take for an instruction of its own is looked at, too: bodies of heredocs, which the classic builder
 * reads as instructions, mounts of other images, and the image that reads the file itself.
 */
function mentionedImages(text: string): string[] {
  const whole = text.replaceAll(/[\\`][ \t]*\r?\n/g, ' ')
  const found = [
    /^[ \t]*FROM[ \t]+(?:--\S+[ \t]+)*(\S+)/gim,
    /--from=["']?([^\s"']+)/gi,
    /--mount=\S*?\bfrom=["']?([^\s,"']+)/gi,
    /^[ \t]*(?:#|\/\/)[ \t]*syntax[ \t]*=[ \t]*(\S+)/gim
  ]
  return found.flatMap((pattern) => [...whole.matchAll(pattern)].map(([, image = '']) => image))
}

/** Instructions over several lines as one; comments and the bodies of heredocs left out. */
function* instructions(text: string): Generator<{ line: number; words: string[] }> {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  const escape = /^#\s*escape\s*=\s*`\s*$/im.test(lines.slice(0, 3).join('\n')) ? '`' : '\\'
  for (let index = 0; index < lines.length; index++) {
    const first = index + 1
    let whole = lines[index]?.trim() ?? ''
    if (whole === '' || whole.startsWith('#')) continue
    while (whole.endsWith(escape) && index + 1 < lines.length) {
      const next = lines[++index]?.trim() ?? ''
      if (!next.startsWith('#')) whole = `${whole.slice(0, -1)} ${next}`
    }
    if (/^(RUN|COPY|ADD)\b/i.test(whole))
      for (const [, dash, , end] of whole.matchAll(/<<(-?)(["']?)([A-Za-z_]\w*)\2/g)) {
        const closing = lines.findIndex((line, at) => at > index && (dash ? line.trimStart() : line).trimEnd() === end)
        if (closing !== -1) index = closing
      }
    yield { line: first, words: whole.split(/\s+/) }
  }
}

function* args(words: string[], given: Record<string, string>): Generator<[string, string]> {
  for (const word of words) {
    const [, name, own] = /^(\w+)(?:=["']?(.*?)["']?)?$/.exec(word) ?? []
    const value = name === undefined || !Object.hasOwn(given, name) ? own : given[name]
    if (name !== undefined && value !== undefined) yield [name, value]
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
