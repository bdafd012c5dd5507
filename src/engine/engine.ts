// The engine in our words. Services know this page; only the rest of this folder knows Docker.

import type { Readable } from 'node:stream'

export type Protocol = 'tcp' | 'udp'

export type ContainerState = 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead'
export type ContainerHealth = 'starting' | 'healthy' | 'unhealthy'
export type RestartPolicy = 'no' | 'on-failure' | 'unless-stopped' | 'always'

export type PortBinding = { containerPort: number; protocol: Protocol; hostIp: string; hostPort: number }
/** A container's place on a network. Without an address it does not run. */
export type NetworkPlace = { name: string; address: string | null; aliases: string[] }
export type VolumeMount = { source: string; target: string; readOnly: boolean }
export type Healthcheck = {
  test: string[]
  intervalMs?: number | undefined
  timeoutMs?: number | undefined
  startPeriodMs?: number | undefined
  retries?: number | undefined
}

/** A limit that is null does not exist: the container may use all that the machine has. */
export type Limits = { memoryBytes: number | null; cpus: number | null; pids: number | null }

/** One container as the engine last described it. */
export type ContainerRecord = {
  id: string
  name: string
  image: string
  imageId: string
  state: ContainerState
  health: ContainerHealth | null
  exitCode: number | null
  oomKilled: boolean
  error: string
  pid: number | null
  createdAt: string
  startedAt: string | null
  finishedAt: string | null
  restartCount: number
  restart: RestartPolicy
  ports: PortBinding[]
  labels: Record<string, string>
  command: string[]
  envNames: string[]
  limits: Limits
  networks: NetworkPlace[]
  volumes: VolumeMount[]
  anonymousVolumes: string[]
  tty: boolean
  /** Between the polite signal and the kill. */
  stopTimeoutSeconds: number
  /** Shares the machine's network, so that no traffic is its own. */
  hostNetwork: boolean
  /** In what it is less shut in than the containers that Berth makes. */
  freedoms: string[]
}

/** A row of the engine's list: enough to see whether a record is still true. */
export type ContainerSummary = { id: string; name: string; state: ContainerState; health: ContainerHealth | null }

/** All that is said to the engine when a container is made. What is not here cannot be asked for. */
export type ContainerSpec = {
  image: string
  env: Record<string, string>
  labels: Record<string, string>
  command?: string[] | undefined
  entrypoint?: string[] | undefined
  workingDir?: string | undefined
  user?: string | undefined
  limits: Limits
  restart: RestartPolicy
  healthcheck?: Healthcheck | undefined
  volumes: VolumeMount[]
  stopTimeoutSeconds?: number | undefined
  ports: PortBinding[]
  /** Absent: the engine's default. `none` is no network at all. */
  network?: { name: string; aliases: string[] } | undefined
}

export type ContainerUpdate = Partial<Limits> & { restart?: RestartPolicy | undefined }

export type NetworkRecord = {
  id: string
  name: string
  driver: string
  scope: string
  createdAt: string | null
  subnets: string[]
  internal: boolean
  attachable: boolean
  labels: Record<string, string>
  /** Whether a container may be put on it, as opposed to the engine's own and those that have no names. */
  joinable: boolean
}

export type ImageSummary = {
  id: string
  tags: string[]
  digests: string[]
  createdAt: string | null
  sizeBytes: number
  labels: Record<string, string>
}

export type ImageRecord = ImageSummary & {
  architecture: string
  os: string
  exposedPorts: { port: number; protocol: Protocol }[]
  command: string[]
  entrypoint: string[]
  envNames: string[]
  workingDir: string
  user: string
  volumes: string[]
  /** Instructions that builds on it begin with (ONBUILD). */
  triggers: string[]
  layers: number
}

/** What opens one registry, named by host and port. */
export type RegistryLogin = {
  registry: string
  reveal(): { username: string; password: string } | { identityToken: string }
}

/** What a pull or push has come to, for one layer or as a whole. */
export type TransferProgress = {
  layer: string | null
  status: string
  currentBytes: number | null
  totalBytes: number | null
}

export type Transfer = {
  login?: RegistryLogin | undefined
  /** Ends the transfer in the engine, too. */
  signal?: AbortSignal | undefined
  onProgress?: ((progress: TransferProgress) => void) | undefined
}

/** The digest of what was pushed, and the size of its manifest. */
export type PushedImage = { digest: string; sizeBytes: number }
type RemovedImage = { untagged: string[]; deleted: string[] }

/** All that is said to the builder. */
export type BuildSpec = {
  /** Of the build that Berth knows. */
  id: string
  builder: 'buildkit' | 'classic'
  tags: string[]
  /** Path of the Dockerfile in the context. */
  dockerfile: string
  buildArgs: Record<string, string>
  network: 'default' | 'none'
  /** BuildKit takes no notice of it. */
  cgroupParent?: string | undefined
  target?: string | undefined
  platform?: string | undefined
  noCache: boolean
}
export type BuildStep = {
  number: number
  name: string
  status: 'running' | 'completed' | 'cached' | 'failed'
  durationMs: number | null
}
/** `line` may hold several. */
export type BuildProgress = { line: string } | { step: BuildStep } | { imageId: string }

export type EngineEvent = {
  type: 'container' | 'image' | 'network'
  action: string
  id: string
  attributes: Record<string, string>
  timeNano: number
}

/** Counters of one container that only grow, and a few levels. */
export type ContainerCounters = {
  cpuNs: number
  /** How long one core has run, by the reader's own clock: the base of the CPU figure. */
  clockNs: number
  memoryUsage: number
  inactiveFile: number
  cache: number
  networks: Record<string, { rxBytes: number; txBytes: number }>
  blockReadBytes: number
  blockWriteBytes: number
  pids: number
}

export type LogLine = { stream: 'stdout' | 'stderr'; time: string; text: string }
export type LogQuery = {
  tail?: number | undefined
  since?: string | undefined
  until?: string | undefined
  stdout: boolean
  stderr: boolean
  follow: boolean
}

export type ExecRequest = {
  command: string[]
  env: Record<string, string>
  workingDir?: string | undefined
  user?: string | undefined
}
export type ExecResult = { exitCode: number; stdout: string; stderr: string; truncated: boolean }

export type ProcessTable = { titles: string[]; processes: string[][] }

export type EngineInfo = {
  name: string
  operatingSystem: string
  kernel: string
  architecture: string
  cpus: number
  memoryBytes: number
  storageDriver: string
  rootDir: string
  cgroupVersion: string
  images: number
  containers: { total: number; running: number; paused: number; stopped: number }
  swarm: string
}

/** What takes up the engine's disk; sizes are what would be free without the thing. */
export type DiskUsage = {
  containers: Map<string, number>
  images: Map<string, number>
  volumes: {
    name: string
    labels: Record<string, string>
    createdAt: string | null
    sizeBytes: number
    isUsed: boolean
  }[]
  buildCache: { sizeBytes: number; isUsed: boolean; lastUsedAt: string | null }[]
}

export type EngineStatus =
  | { available: true; address: string; source: string; name: string; version: string; apiVersion: string }
  | { available: false; address: string | null; reason: string; since: string }

/** Every call has a deadline of its own; a signal ends it earlier. Failures are AppErrors of the catalogue. */
export type Engine = {
  status(): EngineStatus
  onStatus(watcher: (status: EngineStatus) => void): void
  info(): Promise<EngineInfo>
  /** Resolves when the engine answers; rejects only when the signal aborts. */
  whenAvailable(signal: AbortSignal): Promise<void>

  listContainers(filter?: { label?: string }): Promise<ContainerSummary[]>
  inspectContainer(id: string, signal?: AbortSignal): Promise<ContainerRecord>
  /** What was said to the engine when the container was made, with the values of its environment. */
  containerSpec(id: string): Promise<ContainerSpec>
  createContainer(name: string, spec: ContainerSpec, signal?: AbortSignal): Promise<{ id: string; warnings: string[] }>
  /** Starting what runs and stopping what does not is no error. */
  startContainer(id: string, signal?: AbortSignal): Promise<void>
  /** The engine goes on with a stop that the signal ends here. */
  stopContainer(id: string, timeoutSeconds: number, signal?: AbortSignal): Promise<void>
  /** False when there was nothing to remove. `volumes` takes the anonymous volumes along. */
  removeContainer(id: string, options: { force: boolean; volumes: boolean }): Promise<boolean>
  renameContainer(id: string, name: string): Promise<void>
  updateContainer(id: string, update: ContainerUpdate): Promise<void>
  /** Makes an image of a container's filesystem and gives it the tag. */
  commitContainer(id: string, repository: string, tag: string, labels: Record<string, string>): Promise<string>
  containerLogs(id: string, tty: boolean, query: LogQuery, signal?: AbortSignal): AsyncIterable<LogLine>
  /** Undefined when the engine has no figures, as for a container that has just ended. */
  containerCounters(id: string, signal?: AbortSignal): Promise<ContainerCounters | undefined>
  containerProcesses(id: string, signal?: AbortSignal): Promise<ProcessTable>
  exec(id: string, request: ExecRequest, limits: { bytes: number; signal: AbortSignal }): Promise<ExecResult>

  inspectImage(reference: string): Promise<ImageRecord>
  listImages(filter?: { label?: string }): Promise<ImageSummary[]>
  pullImage(reference: string, transfer?: Transfer): Promise<void>
  pushImage(reference: string, transfer?: Transfer): Promise<PushedImage>
  tagImage(source: string, target: string): Promise<void>
  /** Removing what is not there is no error. `force` also takes a name that a container goes by. */
  removeImage(reference: string, options?: { force?: boolean }): Promise<RemovedImage>

  hasBuildKit(): boolean
  /** Ends when the image is made; failures are thrown. `context` is a tar file, read once. */
  buildImage(spec: BuildSpec, context: Readable, signal: AbortSignal): AsyncIterable<BuildProgress>

  /** What earlier tries of a build left when the engine was killed. `since` is a time before the first of them. */
  removeBuildContainers(buildId: string, since: number): Promise<void>

  createVolume(name: string, labels: Record<string, string>): Promise<void>
  volumeExists(name: string): Promise<boolean>
  /** Their names. */
  listVolumes(filter: { label: string }): Promise<string[]>
  removeVolume(name: string): Promise<boolean>

  listNetworks(): Promise<NetworkRecord[]>
  createNetwork(network: { name: string; internal: boolean; labels: Record<string, string> }): Promise<string>
  /** False when there was nothing to remove. */
  removeNetwork(id: string): Promise<boolean>

  diskUsage(): Promise<DiskUsage>
  /** What no build uses and nothing was used of for that long. Returns the bytes that are free now. */
  pruneBuildCache(olderThanSeconds: number): Promise<number>

  events(since: number | undefined, signal: AbortSignal): Promise<AsyncIterable<EngineEvent>>
}
