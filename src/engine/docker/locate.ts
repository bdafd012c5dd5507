// Locates the engine as the docker CLI does: DOCKER_HOST, else the current context, else the usual sockets. It reads only
// Docker's own configuration files; the caller checks whether an engine answers.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** `servername` is the name that its certificate must have, if not its address. */
type EngineTls = { ca?: Buffer; cert?: Buffer; key?: Buffer; verify: boolean; servername?: string }

export type EngineAddress =
  | { kind: 'socket'; path: string; source: string }
  | { kind: 'tcp'; protocol: 'http' | 'https'; host: string; port: number; tls?: EngineTls; source: string }

export type EngineSearch = {
  dockerHost?: string | undefined
  dockerContext?: string | undefined
  dockerConfig?: string | undefined
  dockerCertPath?: string | undefined
  dockerTlsVerify?: boolean | undefined
  home: string
  runtimeDir?: string | undefined
}

type TlsSettings = { files: Omit<EngineTls, 'verify'>; verify: boolean; wanted: boolean }

/** Every candidate, best first. Throws if the user's settings cannot be used. */
export function engineCandidates(search: EngineSearch): EngineAddress[] {
  if (search.dockerHost) return [parseAddress(search.dockerHost, 'DOCKER_HOST', tlsOfEnvironment(search))]

  const context = currentContext(search)
  return context ? [addressOfContext(search, context)] : usualSockets(search)
}

/** As DOCKER_HOST would spell it. */
export function describeAddress(address: EngineAddress): string {
  if (address.kind === 'socket') return `unix://${address.path}`

  const host = address.host.includes(':') ? `[${address.host}]` : address.host
  return `tcp://${host}:${address.port}`
}

function usualSockets({ home, runtimeDir }: EngineSearch): EngineAddress[] {
  const sockets: [path: string, source: string][] = [['/var/run/docker.sock', 'default socket']]
  if (runtimeDir) sockets.push([join(runtimeDir, 'docker.sock'), 'rootless Docker'])
  sockets.push([join(home, '.docker/run/docker.sock'), 'Docker Desktop'])
  if (runtimeDir) sockets.push([join(runtimeDir, 'podman/podman.sock'), 'rootless Podman'])
  sockets.push(['/run/podman/podman.sock', 'Podman'])

  return sockets.map(([path, source]) => ({ kind: 'socket', path, source }))
}

function parseAddress(text: string, source: string, tls: TlsSettings): EngineAddress {
  const [, scheme = 'tcp', rest = ''] = /^(?:([a-z]+):\/\/)?(.*)$/is.exec(text.trim()) ?? []

  switch (scheme.toLowerCase()) {
    case 'unix':
      return { kind: 'socket', path: rest || '/var/run/docker.sock', source }
    case 'tcp':
      return tcpAddress(text, rest, tls.wanted ? 'https' : 'http', source, tls)
    case 'http':
      return tcpAddress(text, rest, 'http', source, tls)
    case 'https':
      return tcpAddress(text, rest, 'https', source, tls)
    case 'ssh':
      throw new Error(
        `${source} is "${text}": engines over ssh are not supported. Forward the socket instead, for example ` +
          `\`ssh -N -L /tmp/engine.sock:/var/run/docker.sock HOST\`, and set DOCKER_HOST=unix:///tmp/engine.sock.`
      )
    case 'npipe':
      throw new Error(
        `${source} is "${text}": Windows pipes are not supported. Use the engine's tcp:// address or WSL.`
      )
    case 'fd':
      throw new Error(`${source} is "${text}": fd:// is for the engine itself. Use unix:///var/run/docker.sock.`)
    default:
      throw new Error(`${source} is "${text}": use unix:///path/to/socket or tcp://host:port.`)
  }
}

function tcpAddress(
  text: string,
  rest: string,
  protocol: 'http' | 'https',
  source: string,
  tls: TlsSettings
): EngineAddress {
  // A scheme without a default port: `http://host:80` would lose its port.
  const url = URL.canParse(`tcp://${rest}`) ? new URL(`tcp://${rest}`) : undefined
  if (!url?.hostname || !['', '/'].includes(url.pathname) || url.search || url.username) {
    throw new Error(`${source} is "${text}": use tcp://host:port, without a path.`)
  }

  const port = url.port ? Number(url.port) : protocol === 'https' ? 2376 : 2375
  const address = { kind: 'tcp' as const, protocol, host: url.hostname.replace(/^\[|\]$/g, ''), port, source }
  return protocol === 'https' ? { ...address, tls: { ...tls.files, verify: tls.verify } } : address
}

/** DOCKER_CERT_PATH asks for TLS, and only DOCKER_TLS_VERIFY makes it check the engine, as in Docker's own clients. */
function tlsOfEnvironment(search: EngineSearch): TlsSettings {
  const wanted = search.dockerTlsVerify === true || search.dockerCertPath !== undefined
  const files = tlsFiles(search.dockerCertPath ?? configFolder(search))
  if (search.dockerCertPath && !files.ca && !files.cert && !files.key) {
    throw new Error(`DOCKER_CERT_PATH is "${search.dockerCertPath}": there is no ca.pem, cert.pem or key.pem.`)
  }
  return { files, wanted, verify: search.dockerTlsVerify === true || search.dockerCertPath === undefined }
}

function currentContext(search: EngineSearch): string | undefined {
  const name = search.dockerContext || textOf(readJson(join(configFolder(search), 'config.json')), 'currentContext')
  return name === 'default' ? undefined : name
}

function addressOfContext(search: EngineSearch, name: string): EngineAddress {
  const source = `docker context "${name}"`
  const id = createHash('sha256').update(name).digest('hex')
  const contexts = join(configFolder(search), 'contexts')

  const endpoint = field(field(readJson(join(contexts, 'meta', id, 'meta.json')), 'Endpoints'), 'docker')
  const host = textOf(endpoint, 'Host')
  if (!host) throw new Error(`${source} does not exist. \`docker context ls\` shows those that do.`)

  const files = tlsFiles(join(contexts, 'tls', id, 'docker'))
  const wanted = files.ca !== undefined || files.cert !== undefined
  return parseAddress(host, source, { files, wanted, verify: field(endpoint, 'SkipTLSVerify') !== true })
}

const configFolder = (search: EngineSearch): string => search.dockerConfig || join(search.home, '.docker')

function tlsFiles(folder: string): Omit<EngineTls, 'verify'> {
  const names = ['ca', 'cert', 'key'] as const
  return Object.fromEntries(
    names.flatMap((name) => {
      const content = readIfThere(join(folder, `${name}.pem`))
      return content ? [[name, content]] : []
    })
  )
}

function readJson(path: string): unknown {
  const text = readIfThere(path)?.toString()
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch {
    throw new Error(`${path} is not valid JSON. Mend it, or set DOCKER_HOST.`)
  }
}

/** A missing file, or one of another user, counts as not configured. */
function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch {
    return undefined
  }
}

function field(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
}

function textOf(value: unknown, key: string): string | undefined {
  const found = field(value, key)
  return typeof found === 'string' && found !== '' ? found : undefined
}
