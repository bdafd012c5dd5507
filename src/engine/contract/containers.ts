// Containers: the spec of a create, and the engine's description.

import type { BerthFacts } from './facts.ts'
import type { RegistryLogin } from './registry-login.ts'

export type Protocol = 'tcp' | 'udp'

export type ContainerState = 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead'

export type ContainerHealth = 'starting' | 'healthy' | 'unhealthy'

export type RestartPolicy = 'no' | 'on-failure' | 'unless-stopped' | 'always'

export type PortBinding = { containerPort: number; protocol: Protocol; hostIp: string; hostPort: number }

/** A container's address on a network. Without an address it does not run. */
export type NetworkPlace = { name: string; address: string | null; aliases: string[] }

export type VolumeMount = { source: string; target: string; readOnly: boolean }

/** A mount that does not belong to the container's own file system. */
export type MountPoint = { target: string; kind: 'volume' | 'other'; readOnly: boolean }

export type Healthcheck = {
  test: string[]
  intervalMs?: number | undefined
  timeoutMs?: number | undefined
  startPeriodMs?: number | undefined
  retries?: number | undefined
}

/** Null means no limit, so the container may use the whole machine. For open files (`nofile`), it means the engine's own limit. */
export type Limits = {
  memoryBytes: number | null
  cpus: number | null
  pids: number | null
  nofile: number | null
  /** Of its own file system, not of its volumes. */
  storageBytes: number | null
  /** Its share of the disks' time under contention, 10 to 1000. Null means the kernel's default. */
  ioWeight: number | null
}

/** The machine of a Swarm that runs a container. */
export type ContainerNode = { id: string; name: string; address: string | null }

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
  berth: BerthFacts
  command: string[]
  envNames: string[]
  limits: Limits
  /** Whether its root file system is writable. */
  readOnlyRoot: boolean
  /** The engine's name of its runtime. */
  runtime: string | null
  networks: NetworkPlace[]
  volumes: VolumeMount[]
  anonymousVolumes: string[]
  /** Named and anonymous volumes, paths of the host, and other mounts. */
  mounts: MountPoint[]
  tty: boolean
  /** Between the stop signal and the kill. */
  stopTimeoutSeconds: number
  /** Shares the machine's network, so it has no traffic of its own. */
  hostNetwork: boolean
  /** The restrictions that it lacks, compared with Berth's containers. */
  freedoms: string[]
  /** Null on a single machine, and while a Swarm has not placed it. */
  node: ContainerNode | null
}

/** A row of the engine's list: enough to check whether a record is still current. */
export type ContainerSummary = { id: string; name: string; state: ContainerState; health: ContainerHealth | null }

/** The nodes of a Swarm that may run a container, and the preferred ones. */
export type Placement = { constraints: string[]; spread: string | undefined }

/** Everything that Berth may send to the engine in a create. Other options do not exist. */
export type ContainerSpec = {
  image: string
  /** For nodes that have to pull the image. */
  registryLogin?: RegistryLogin | undefined
  env: Record<string, string>
  labels: Record<string, string>
  command?: string[] | undefined
  entrypoint?: string[] | undefined
  workingDir?: string | undefined
  user?: string | undefined
  limits: Limits
  readOnlyRoot?: boolean | undefined
  /** Absent: the engine's default. */
  runtime?: string | undefined
  /** SWARM_NEEDED on a single machine. */
  placement?: Placement | undefined
  restart: RestartPolicy
  healthcheck?: Healthcheck | undefined
  volumes: VolumeMount[]
  /** For missing volumes, which the engine creates with the container. */
  volumeLabels?: Record<string, string> | undefined
  stopTimeoutSeconds?: number | undefined
  ports: PortBinding[]
  /** Absent: the engine's default. `none`: no network. */
  network?: { name: string; aliases: string[] } | undefined
}

/** The others are fixed when it is created. */
export type ContainerUpdate = Partial<Pick<Limits, 'memoryBytes' | 'cpus' | 'pids'>> & {
  restart?: RestartPolicy | undefined
}

export type EngineContainers = {
  listContainers(filter?: { label?: string }): Promise<ContainerSummary[]>
  /** Undefined if the engine says that it does not exist. Throws if it could not be read. */
  inspectContainer(id: string, signal?: AbortSignal): Promise<ContainerRecord | undefined>
  /**
   * The create request behind the container, environment values included. Engines merge values of the image into it.
   * The result excludes those of the image `without`.
   */
  containerSpec(id: string, options?: { without?: string }): Promise<ContainerSpec>
  /** Here and for a start, the signal ends the wait in the queue, but not a call that was sent. */
  createContainer(name: string, spec: ContainerSpec, signal?: AbortSignal): Promise<{ id: string; warnings: string[] }>
  /** Idempotent: starting a running container and stopping a stopped one succeed. */
  startContainer(id: string, signal?: AbortSignal): Promise<void>
  /** Aborting the signal ends the wait, not the stop in the engine. */
  stopContainer(id: string, timeoutSeconds: number, signal?: AbortSignal): Promise<void>
  /** False if it did not exist. `volumes` also removes its anonymous volumes. */
  removeContainer(id: string, options: { force: boolean; volumes: boolean }): Promise<boolean>
  renameContainer(id: string, name: string): Promise<void>
  /** Its processes are frozen and keep their memory and ports. */
  pauseContainer(id: string): Promise<void>
  unpauseContainer(id: string): Promise<void>
  updateContainer(id: string, update: ContainerUpdate): Promise<void>
  /**
   * Gives a container another spec and keeps its id and whether it runs. A failure changes nothing. Absent if only another
   * container can replace it.
   */
  remakeContainer?: ((id: string, spec: ContainerSpec, signal?: AbortSignal) => Promise<void>) | undefined
  /** Creates an image of a container's file system with the tag. The image lacks the values of the variables in `emptied`. */
  commitContainer(
    id: string,
    repository: string,
    tag: string,
    options: { labels: Record<string, string>; emptied: string[] }
  ): Promise<string>
}
