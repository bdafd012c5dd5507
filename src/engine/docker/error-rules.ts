// The meanings of engine texts, which only this file knows. The engine has no error codes;
// test/fixtures/engine-errors holds recorded answers.

import type { Rule } from './rule.ts'
import { heldPort, SWARM_RULES } from './swarm-rules.ts'

const isNoArchive = () => 'The archive is not whole, or is none.'

/** From Docker 26 on, an unpacking engine no longer says what it was doing. Of other calls, this is the end of a registry. */
export const ARCHIVE_RULES: readonly Rule[] = [
  { pattern: /^unexpected EOF$/, code: 'INVALID_ARCHIVE', says: isNoArchive }
]

// The first match counts: a text often matches several rules.
export const RULES: readonly Rule[] = [
  ...SWARM_RULES,
  { pattern: /no space left on device|disk quota exceeded/i, code: 'STORAGE_FULL' },
  {
    pattern:
      /port is already allocated|address already in use|ports are not available|forbidden by its access permissions|proxy already running/i,
    code: 'PORT_UNAVAILABLE',
    says: (text) => {
      const port = conflictingPort(text)
      return `${port === undefined ? 'A port of the container' : `Port ${port}`} is taken: another program or container listens on it.`
    }
  },
  { pattern: /cannot assign requested address/i, code: 'PUBLISH_ADDRESS_UNAVAILABLE' },
  // After a kill of the engine, its own state is "created" or "exited", while the runtime below still has the container.
  {
    pattern: /\btask [0-9a-f]{12,64}\b.*already exists|container with (given )?id already exists|bundle .*file exists/i,
    code: 'CONTAINER_STUCK'
  },
  {
    pattern: /name .*already in use|UNIQUE constraint failed: ContainerConfig\.Name/i,
    code: 'CONTAINER_NAME_TAKEN',
    says: (text) =>
      `Names are unique, and ${named('container', /name "?\/?([\w.-]+)/i, text)} exists. Choose another name, or remove that one.`
  },
  {
    pattern: /network with name .* already exists|network name .* already used/i,
    code: 'NETWORK_NAME_TAKEN',
    says: (text) =>
      `Names are unique, and ${named('network', /name "?([\w.-]+)/i, text)} exists. Choose another name, or use that one.`
  },
  { pattern: /volume (.* )?is (being used|in use)|volume .* being used by/i, code: 'VOLUME_IN_USE' },
  { pattern: /network .*has active endpoints|network is being used/i, code: 'NETWORK_IN_USE' },
  {
    pattern: /non-overlapping IPv[46] address pool|predefined address pools|could not find free subnet/i,
    code: 'NETWORK_RANGE_EXHAUSTED'
  },
  { pattern: /(^|: )network (\S+ )?not found|no such network/i, code: 'NETWORK_NOT_FOUND' },
  // Before the rules of registries, whose connections end in the same way.
  {
    pattern: /(processing tar file|copier: put|reading tar stream).*unexpected EOF|archive\/tar: invalid tar header/i,
    code: 'INVALID_ARCHIVE',
    says: isNoArchive
  },
  { pattern: /toomanyrequests|too many requests|HTTP (status: )?429|StatusCode: 429/i, code: 'REGISTRY_RATE_LIMITED' },
  // Preceded by "access denied", which by itself may mean a missing image.
  { pattern: /authorization failed: no basic auth credentials/i, code: 'REGISTRY_UNAUTHORIZED' },
  {
    pattern:
      /no such image|image not known|does not exist locally|tag does not exist|pull access denied|manifest unknown|name unknown|name not known to registry|manifest for .* not found|repository .* not found|failed to resolve reference .*: not found$|content digest \S+: not found|parsing HTTP 404 response|unexpected status from .*: 404/i,
    code: 'IMAGE_NOT_FOUND'
  },
  {
    pattern:
      /unauthorized|no basic auth credentials|authentication required|incorrect username or password|HTTP (status: )?401|StatusCode: 401|unexpected status from .*: 401/i,
    code: 'REGISTRY_UNAUTHORIZED'
  },
  {
    pattern:
      /(^|: )denied\b|push access denied|access to the resource is denied|insufficient_scope|HTTP (status: )?403|StatusCode: 403|unexpected status from .*: 403|: 403 \(/i,
    code: 'REGISTRY_FORBIDDEN'
  },
  {
    pattern:
      /i\/o timeout|TLS handshake timeout|Client\.Timeout|^(Get|Head|Post|Put|Patch) ".*context deadline exceeded/i,
    code: 'REGISTRY_TIMEOUT'
  },
  { pattern: /server gave HTTP response to HTTPS client/i, code: 'REGISTRY_PLAIN_HTTP', hint: trustHint },
  { pattern: /x509:|tls: /i, code: 'REGISTRY_NOT_TRUSTED' },
  {
    pattern:
      /no such host|server misbehaving|connection refused|connection reset by peer|broken pipe|use of closed network connection|(^|: )(unexpected )?EOF$|network is unreachable|no route to host|error pinging (docker )?registry|HTTP (status: )?5\d\d|StatusCode: 5\d\d|unexpected status from .*: 5\d\d|: 5\d\d \(/i,
    code: 'REGISTRY_UNAVAILABLE'
  },
  {
    pattern:
      /name invalid|(manifest|digest|size|tag|blob upload) invalid|blob unknown|(parsing HTTP|HTTP status:|StatusCode:) \d+|unexpected status from .* request to|error from registry:|^unknown: /i,
    code: 'REGISTRY_REFUSED'
  },
  {
    pattern: /unable to (remove repository reference|delete) |image is (in use|being used) by/i,
    code: 'IMAGE_IN_USE'
  },
  { pattern: /no such container|no container with name or id/i, code: 'CONTAINER_NOT_FOUND' },
  // The only text of an engine for an unknown call.
  { pattern: /^(page )?not found$/i, code: 'ENGINE_UNSUPPORTED' },
  {
    pattern: /no command (specified|or entrypoint provided)|duplicate mount|: invalid argument$/i,
    code: 'INVALID_REQUEST'
  },
  {
    pattern: /^ps: .*executable file not found/i,
    code: 'ENGINE_UNSUPPORTED',
    hint: () => "The engine lists processes with the program ps: install it on the engine's machine (procps)."
  },
  {
    pattern: /unknown (or invalid )?runtime|(default|requested) OCI runtime .*not (found|available)/i,
    code: 'RUNTIME_UNAVAILABLE'
  },
  {
    pattern: /storage-opt|storage size cannot be less/i,
    code: 'LIMIT_UNAVAILABLE',
    hint: () =>
      'The engine limits the storage of containers on overlay2 only over XFS with project quotas (mount option pquota).'
  },
  { pattern: /rlimit type 7\b|RLIMIT_NOFILE/i, code: 'LIMIT_UNAVAILABLE' },
  {
    pattern:
      /OCI runtime|executable file not found|exec format error|permission denied: unknown|no such file or directory: unknown|unable to find user|uids and gids must be in range|crun:|runc create failed/i,
    code: 'CONTAINER_START_FAILED'
  },
  {
    pattern: /rootfs is marked read-only|volume is marked read-only|read-only file system/i,
    code: 'FILE_READ_ONLY',
    says: () => 'The file system of the container, or the volume at the path, is mounted read-only.'
  },
  {
    pattern:
      /cannot overwrite (non-)?directory|extraction point is not a directory|exists but is not a directory|(copier: put|processing tar file).*: file exists/i,
    code: 'FILE_KIND_DIFFERS',
    says: () => 'A folder does not take the place of a file, nor a file that of a folder. Remove what is there first.'
  },
  {
    pattern: /(processing tar file|copier: put|^unlinkat |^RemoveAll ).*device or resource busy/i,
    code: 'FILE_IN_USE',
    says: () => 'Something is mounted at the path or below it, which was not removed.'
  },
  {
    pattern:
      /"[^"]*" is outside of "|invalid (sym|hard)link|invalid entry name|processing tar file.*cross-device link|path escapes from parent/i,
    code: 'FILE_OUTSIDE',
    says: () => 'A path or link of the archive leads out of the file system that it is unpacked in.'
  },
  {
    pattern: /file name too long/i,
    code: 'INVALID_REQUEST',
    says: () => 'A name is longer than the file system takes.'
  },
  {
    pattern:
      /could not find the file|^no such file or directory$|: not a directory$|too many (links|levels of symbolic links)|(processing tar file|copier: put).*no such file/i,
    code: 'FILE_NOT_FOUND',
    says: () => 'There is no such path in the container, or its links lead nowhere.'
  },
  {
    pattern:
      /cannot remove (a (running|paused) container|container .*is paused)|container .* is running|as it is (running|paused)/i,
    code: 'CONTAINER_RUNNING'
  },
  { pattern: /removal of container .* is already in progress|marked for removal/i, code: 'CONTAINER_BUSY' },
  {
    pattern:
      /no such exec|process does not exist|not running|can only .* (running|created) (containers|exec sessions)|(container|exec session) state improper|is paused|paused container/i,
    code: 'CONTAINER_NOT_RUNNING'
  }
]

const HOST = String.raw`(?:\[[^\]]*\]|::|[^\s:[\]]*)`
const CONFLICT = new RegExp(`(?:bind for|listen (?:tcp|udp)[46]?|bind host port(?: for)?) ${HOST}:(\\d+)`, 'i')

/** "Bind for 127.0.0.1:8401 failed: …", "listen tcp4 127.0.0.1:8401: bind: …", from Docker 28 on "bind host port 127.0.0.1:8401/tcp: …" */
export function conflictingPort(text: string): number | undefined {
  const match = CONFLICT.exec(text)
  return match ? Number(match[1]) : heldPort(text)
}

function named(kind: string, pattern: RegExp, text: string): string {
  const name = pattern.exec(text)?.[1]
  return name === undefined ? `a ${kind} of this name` : `a ${kind} named ${name}`
}

function trustHint(text: string): string {
  const host = /"https:\/\/([\w.:[\]-]+)\//.exec(text)?.[1] ?? 'host:port'
  return (
    `If it is to be used without TLS, write "insecure-registries": ["${host}"] into the engine's /etc/docker/daemon.json ` +
    '(Podman: a [[registry]] with insecure = true in registries.conf) and restart the engine.'
  )
}
