// Combines a create request, the settings and the image into the exact container to create. Pure.

import { createHash, randomBytes } from 'node:crypto'
import type { Owner } from '../access/ownership.ts'
import type { Config } from '../config.ts'
import type { ContainerSpec, Healthcheck, Placement, PortBinding, Protocol } from '../engine/contract/containers.ts'
import type { ImageRecord } from '../engine/contract/images.ts'
import type { RegistryLogin } from '../engine/contract/registry-login.ts'
import { slowed } from '../engine/health-interval.ts'
import { isReservedLabel, writeAllFacts, writeFacts } from '../engine/labels.ts'
import { NO_NETWORK, RESERVED_NETWORKS } from '../engine/network-names.ts'
import { AppError, invalidField, type FieldProblem } from '../errors.ts'
import type { Lease } from '../ports/allocator.ts'
import type { CreateContainer } from './create-schema.ts'
import type { UpdateContainer } from './request-schemas.ts'
import { volumeLabels } from './volumes.ts'

const DEFAULT_PORT = 5000
const LEAST_MS = 1
// A container with such a name could not be found.
const PATHS = new Set(['create', 'running'])

export type Ceilings = Pick<
  Config,
  | 'memoryDefault'
  | 'memoryMax'
  | 'cpusDefault'
  | 'cpusMax'
  | 'pidsDefault'
  | 'pidsMax'
  | 'nofileDefault'
  | 'nofileMax'
  | 'storageSizeDefault'
  | 'storageSizeMax'
  | 'ioWeightMax'
  | 'portRange'
>
export type WantedPort = { containerPort: number; protocol: Protocol; hostPort: number | undefined }
export type Identity = {
  instanceId: string
  owner: Owner
  attempt: string
  idempotencyKey: string | undefined
  requestHash: string
}

/** Refuses invalid requests without a call to the engine, and names every field at once. */
export function checkCreate(body: CreateContainer, ceilings: Ceilings): void {
  refuse([
    ...limitProblems(body, ceilings),
    ...above('nofile', body.nofile, ceilings.nofileMax),
    ...above('storage_size', body.storage_size, ceilings.storageSizeMax),
    ...above('io_weight', body.io_weight, ceilings.ioWeightMax),
    ...createProblems(body, ceilings)
  ])
}

export function checkName(name: string): void {
  refuse(nameProblems(name))
}

export function checkUpdate(body: UpdateContainer, ceilings: Ceilings): void {
  refuse(limitProblems(body, ceilings))
}

/** For a network without inbound traffic: no port can be published or waited for from outside. */
export function checkClosed({ network, ports = [], wait }: CreateContainer): void {
  const why = `cannot be had on the network "${network}", which nothing leads into`
  refuse([
    ...(ports.length > 0 ? [{ field: 'ports', message: why }] : []),
    ...(wait === 'port' || wait === 'http' ? [{ field: 'wait', message: `"${wait}" ${why}` }] : [])
  ])
}

function refuse(problems: FieldProblem[]): void {
  if (problems.length === 0) return
  const detail = problems.map(({ field, message }) => `${field} ${message}`).join('; ')
  throw new AppError('INVALID_REQUEST', detail, { fields: problems })
}

type AskedLimits = Pick<CreateContainer, 'memory' | 'cpus' | 'pids_limit'>

function limitProblems({ memory, cpus, pids_limit: pids }: AskedLimits, ceilings: Ceilings): FieldProblem[] {
  return [
    ...above('memory', memory, ceilings.memoryMax),
    ...above('cpus', cpus, ceilings.cpusMax),
    ...above('pids_limit', pids, ceilings.pidsMax)
  ]
}

function above(field: string, value: number | undefined, limit: number): FieldProblem[] {
  return value !== undefined && value > limit ? [{ field, message: `must not be above ${limit}` }] : []
}

function createProblems(body: CreateContainer, { portRange: { first, last } }: Ceilings): FieldProblem[] {
  const problems: FieldProblem[] = nameProblems(body.name)
  for (const label of Object.keys(body.labels ?? {})) {
    if (isReservedLabel(label)) problems.push({ field: `labels.${label}`, message: 'is a name that only Berth uses' })
  }
  // `running` is the default, so it does not contradict `start: false`.
  if (body.start === false && !['none', 'running', undefined].includes(body.wait)) {
    problems.push({ field: 'wait', message: 'needs a container that is started' })
  }
  const needsPort = body.wait === 'port' || body.wait === 'http'
  if (needsPort && body.ports && !body.ports.some(({ protocol }) => protocol !== 'udp')) {
    problems.push({ field: 'wait', message: 'needs a published TCP port' })
  }
  for (const [index, { host_port: port }] of (body.ports ?? []).entries()) {
    if (port === undefined || (port >= first && port <= last)) continue
    problems.push({ field: `ports.${index}.host_port`, message: `must lie in the range ${first}-${last}` })
  }
  const hostPorts = (body.ports ?? []).flatMap(({ host_port: port, protocol = 'tcp' }) =>
    port === undefined ? [] : [`${port}/${protocol}`]
  )
  if (new Set(hostPorts).size < hostPorts.length)
    problems.push({ field: 'ports', message: 'name the same host port twice' })
  if (body.network !== undefined && body.network !== NO_NETWORK && RESERVED_NETWORKS.includes(body.network))
    problems.push({ field: 'network', message: `cannot be "${body.network}", which is the engine's own` })
  if (body.aliases && (body.network ?? NO_NETWORK) === NO_NETWORK)
    problems.push({ field: 'aliases', message: 'need a network' })
  const targets = (body.volumes ?? []).map(({ target }) => target)
  if (new Set(targets).size < targets.length) problems.push({ field: 'volumes', message: 'name the same target twice' })
  const ports = (body.ports ?? []).map(({ container_port: port, protocol = 'tcp' }) => `${port}/${protocol}`)
  if (new Set(ports).size < ports.length)
    problems.push({ field: 'ports', message: 'name the same container port twice' })
  return problems
}

/** A name with the length and letters of an id would be taken for one. */
function nameProblems(name: string | undefined): FieldProblem[] {
  if (name === undefined) return []
  if (PATHS.has(name)) return [{ field: 'name', message: `is a path of the API: /containers/${name}` }]
  if (!/^[0-9a-f]{12,64}$/.test(name)) return []
  return [{ field: 'name', message: 'looks like the id of a container: add a letter after f, or a dash' }]
}

/** `api-server-<unix time>` as in the first system, and four letters so that one second may have several. */
export function generateName(now: number): string {
  return `api-server-${Math.floor(now / 1000)}-${randomBytes(2).toString('hex')}`
}

/** The engine then refuses a second container for the same key, from any client. */
export function nameForKey(key: string): string {
  return `api-server-${createHash('sha256').update(key).digest('hex').slice(0, 16)}`
}

export function wantedPorts(body: CreateContainer, image: ImageRecord | undefined): WantedPort[] {
  if (body.ports) {
    return body.ports.map(({ container_port: containerPort, protocol = 'tcp', host_port: hostPort }) => ({
      containerPort,
      protocol,
      hostPort
    }))
  }
  const exposed = image?.exposedPorts.filter(({ protocol }) => protocol === 'tcp') ?? []
  const containerPort = exposed.length === 1 && exposed[0] ? exposed[0].port : DEFAULT_PORT
  return [{ containerPort, protocol: 'tcp', hostPort: undefined }]
}

export function bindPorts(wanted: WantedPort[], leases: Lease[], hostIp: string): PortBinding[] {
  return wanted.map(({ containerPort, protocol }, index) => {
    const hostPort = leases[index]?.port
    if (hostPort === undefined) throw invalidField('ports', 'could not be leased')
    return { containerPort, protocol, hostIp, hostPort }
  })
}

export function buildSpec(options: {
  body: CreateContainer
  network: string | undefined
  image: string
  /** The name and login by which every machine can run the image. */
  shared?: { image: string; login?: RegistryLogin }
  imageCheck: Healthcheck | undefined
  ports: PortBinding[]
  ceilings: Ceilings
  identity: Identity
  runtime?: string | undefined
}): ContainerSpec {
  const { body, network, image, shared = { image }, imageCheck, ports, ceilings, identity, runtime } = options
  const isShared = shared.image !== image
  return {
    image: shared.image,
    registryLogin: shared.login,
    env: { ...portEnvironment(ports), ...body.env },
    labels: { ...body.labels, ...ownLabels(body, identity), ...(isShared && writeFacts({ image })) },
    command: body.command,
    entrypoint: body.entrypoint,
    workingDir: body.working_dir,
    user: body.user,
    limits: {
      memoryBytes: body.memory ?? ceilings.memoryDefault,
      cpus: body.cpus ?? ceilings.cpusDefault,
      pids: body.pids_limit ?? ceilings.pidsDefault,
      nofile: body.nofile ?? ceilings.nofileDefault ?? null,
      storageBytes: body.storage_size ?? ceilings.storageSizeDefault ?? null,
      ioWeight: body.io_weight ?? null
    },
    readOnlyRoot: body.read_only ?? false,
    runtime,
    placement: placementOf(body),
    restart: body.restart ?? 'no',
    healthcheck: healthcheckOf(body, slowed(imageCheck)),
    volumes: (body.volumes ?? []).map(({ source, target, read_only: readOnly = false }) => ({
      source,
      target,
      readOnly
    })),
    // A create that the engine carries out late finds the volumes removed, and recreates them.
    volumeLabels: volumeLabels(identity.instanceId, identity.attempt, identity.owner),
    stopTimeoutSeconds: body.stop_timeout,
    ports,
    network: network === undefined ? undefined : { name: network, aliases: body.aliases ?? [] }
  }
}

/** The engine takes missing and zero values from the health check of the image. */
function healthcheckOf(
  { healthcheck: check }: CreateContainer,
  slow: Healthcheck | undefined
): Healthcheck | undefined {
  return check
    ? {
        test: check.test,
        intervalMs: inMs(check.interval_seconds) ?? slow?.intervalMs,
        timeoutMs: inMs(check.timeout_seconds),
        startPeriodMs: check.start_period_seconds === 0 ? LEAST_MS : inMs(check.start_period_seconds),
        retries: check.retries
      }
    : slow
}

function placementOf({ constraints = [], spread }: CreateContainer): Placement | undefined {
  return constraints.length > 0 || spread !== undefined ? { constraints, spread } : undefined
}

/** HOST_PORT for the first port, and HOST_PORT_<container port> for each when there are several. */
export function portEnvironment(ports: PortBinding[]): Record<string, string> {
  const [first] = ports
  if (!first) return {}
  const each =
    ports.length > 1 ? ports.map(({ containerPort, hostPort }) => [`HOST_PORT_${containerPort}`, String(hostPort)]) : []
  return { HOST_PORT: String(first.hostPort), ...Object.fromEntries(each) }
}

function ownLabels(
  body: CreateContainer,
  { instanceId, owner, attempt, idempotencyKey, requestHash }: Identity
): Record<string, string> {
  return writeAllFacts({
    managed: true,
    instance: instanceId,
    ...owner,
    attempt,
    start: body.start ?? true,
    ttlSeconds: body.ttl_seconds ?? null,
    ...(idempotencyKey && { key: idempotencyKey, requestHash })
  })
}

function inMs(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : Math.round(seconds * 1000)
}
