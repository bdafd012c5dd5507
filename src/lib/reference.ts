// Names of images, read as Docker reads them: "nginx" is docker.io/library/nginx.

export type ImageReference = {
  /** Host and port of the registry, as one would connect to it; Docker Hub is `docker.io`. */
  registry: string
  /** As the registry knows it: `library/nginx`. */
  repository: string
  tag: string | undefined
  digest: string | undefined
}

export const DOCKER_HUB = 'docker.io'

const HUB_NAMES = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io'])
const LABEL = '[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?'
const HOST = new RegExp(String.raw`^(?:${LABEL}(?:\.${LABEL})*|\[[0-9a-fA-F:]+\])(?::(\d{1,5}))?$`)
const PATH = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/
const TAG = /^\w[\w.-]{0,127}$/
const DIGEST = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/
const MAX_NAME = 255
const MAX_PORT = 65535

/** Undefined for an invalid image name, such as a bare image id. */
export function parseReference(text: string): ImageReference | undefined {
  const [, beforeDigest = '', digest] = /^([^@]*)(?:@(.*))?$/s.exec(text) ?? []
  const [, name = '', tag] = /^(.*?)(?::([^/:]*))?$/s.exec(beforeDigest) ?? []
  if (tag !== undefined && !TAG.test(tag)) return undefined
  if (digest !== undefined && !DIGEST.test(digest)) return undefined

  const slash = name.indexOf('/')
  const first = slash === -1 ? '' : name.slice(0, slash)
  const isHost = /[.:]|^localhost$|[A-Z]/.test(first)
  const registry = isHost ? registryName(first) : DOCKER_HUB
  const path = isHost ? name.slice(slash + 1) : name
  if (registry === undefined || name.length > MAX_NAME) return undefined
  if (!path.split('/').every((part) => PATH.test(part)) || /^[0-9a-f]{64}$/.test(name)) return undefined
  const repository = registry === DOCKER_HUB && !path.includes('/') ? `library/${path}` : path
  return { registry, repository, tag, digest }
}

/** The canonical name of a registry. Undefined for an invalid host. */
export function registryName(host: string): string | undefined {
  const match = HOST.exec(host)
  if (!match || Number(match[1] ?? 1) > MAX_PORT || match[1] === '0') return undefined
  const name = host.toLowerCase()
  return HUB_NAMES.has(name) ? DOCKER_HUB : name
}

/** Registry and repository, from any spelling; undefined for an invalid image name. */
export function imageName(reference: string): string | undefined {
  const parsed = parseReference(reference)
  return parsed && `${parsed.registry}/${parsed.repository}`
}

export function registryOfImage(reference: string): string {
  return parseReference(reference)?.registry ?? DOCKER_HUB
}

/** Of the names below a namespace: `ghcr.io/team` is on another registry, `team` or none at all on Docker Hub. */
export function registryOf(namespace: string | undefined): string {
  return namespace === undefined ? DOCKER_HUB : registryOfImage(`${namespace}/any`)
}

/** Without tag and digest, as Docker shows it: `nginx`, `localhost:5000/shop/web`. */
export function familiarName({ registry, repository }: ImageReference): string {
  return registry === DOCKER_HUB ? repository.replace(/^library\//, '') : `${registry}/${repository}`
}

/** A full name as Docker shows it; Podman shows `docker.io/library/nginx:1`. Other texts stay unchanged. */
export function shortName(text: string): string {
  const parsed = parseReference(text)
  if (parsed?.registry !== DOCKER_HUB || (parsed.tag ?? parsed.digest) === undefined) return text
  const tag = parsed.tag === undefined ? '' : `:${parsed.tag}`
  const digest = parsed.digest === undefined ? '' : `@${parsed.digest}`
  return `${familiarName(parsed)}${tag}${digest}`
}
