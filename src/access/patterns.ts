// Patterns of image references and names. `*` matches anything but a slash, `**` anything. Pure.

import { glob } from '../lib/glob.ts'

type Reference = { name: string; tag: string | undefined; digest: string | undefined }

/** Whether a pattern matches a reference as Docker reads it: `busybox` is `docker.io/library/busybox:latest`. */
export function imageMatcher(patterns: string[]): (reference: string) => boolean {
  const matchers = patterns.map((pattern) => {
    const { name, tag, digest } = split(pattern)
    const fitsName = glob(pattern.startsWith('**') ? name : withRegistry(name))
    const fitsTag = tag === undefined ? undefined : glob(tag)
    return (asked: Reference) => {
      if (!fitsName(asked.name)) return false
      if (digest !== undefined) return asked.digest === digest
      // With a digest the tag means nothing: the engine ignores it.
      return fitsTag === undefined || (asked.digest === undefined && fitsTag(asked.tag ?? 'latest'))
    }
  })
  return (reference) => {
    // An image id, or a reference with an unresolved variable, matches no pattern.
    if (isImageId(reference) || !/^[\w.:/@-]+$/.test(reference)) return false
    const { name, ...rest } = split(reference)
    return matchers.some((fits) => fits({ name: withRegistry(name), ...rest }))
  }
}

export function nameMatcher(patterns: string[]): (name: string) => boolean {
  const matchers = patterns.map((pattern) => glob(pattern))
  return (name) => matchers.some((fits) => fits(name))
}

function split(reference: string): Reference {
  const [named = '', digest] = reference.split('@', 2)
  const colon = named.lastIndexOf(':')
  const hasTag = colon > named.lastIndexOf('/')
  return { name: hasTag ? named.slice(0, colon) : named, tag: hasTag ? named.slice(colon + 1) : undefined, digest }
}

/** The first part is a registry if it looks like a host. The default is Docker's own, with `library` for a single part. */
function withRegistry(name: string): string {
  const [first = '', ...rest] = name.split('/')
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase())
  const path = isHost ? rest.join('/') : name
  const host = isHost && first !== 'index.docker.io' ? first : 'docker.io'
  return host === 'docker.io' && !path.includes('/') ? `docker.io/library/${path}` : `${host}/${path}`
}

/** Or a prefix of any length: the engine takes it for an id if no image has that name. */
function isImageId(reference: string): boolean {
  return /^(sha256:)?[0-9a-f]{1,64}$/.test(reference)
}
