// Containers: what is said to the engine when one is made, and what the engine says of it.

import type { BerthFacts } from './facts.ts'

export type Protocol = 'tcp' | 'udp'

export type ContainerState = 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead'

export type ContainerHealth = 'starting' | 'healthy' | 'unhealthy'

export type RestartPolicy = 'no' | 'on-failure' | 'unless-stopped' | 'always'

export type PortBinding = { containerPort: number; protocol: Protocol; hostIp: string; hostPort: number }

/** A container's place on a network. Without an address it does not run. */
export type NetworkPlace = { name: string; address: string | null; aliases: string[] }

export type VolumeMount = { source: string; target: string; readOnly: boolean }

/** Where something is mounted that is not of the container's own file system. */
export type MountPoint = { target: string; kind: 'volume' | 'other'; readOnly: boolean }

export type Healthcheck = {
  test: string[]
  intervalMs?: number | undefined
  timeoutMs?: number | undefined
  startPeriodMs?: number | undefined
  retries?: number | undefined
}

/** A limit that is null does not exist, so that the container may use all that the machine has; of open files (`nofile`), the engine's own applies. */
export type Limits = { memoryBytes: number | null; cpus: number | null; pids: number | null; nofile: number | null }

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
  /** Whether its root file system can be written to. */
  readOnlyRoot: boolean
  /** What runs its processes, as the engine calls it. */
  runtime: string | null
  networks: NetworkPlace[]
  volumes: VolumeMount[]
  anonymousVolumes: string[]
  /** Volumes, with and without a name, paths of the host, and what else is mounted. */
  mounts: MountPoint[]
  tty: boolean
  /** Between the polite signal and the kill. */
  stopTimeoutSeconds: number
  /** Shares the machine's network, so that no traffic is its own. */
  hostNetwork: boolean
  /** In what it is less shut in than the containers that Berth makes. */
  freedoms: string[]
  /** Null where there is one machine, and while a Swarm has given it to none. */
  node: ContainerNode | null
}

/** A row of the engine's list: enough to see whether a record is still true. */
export type ContainerSummary = { id: string; name: string; state: ContainerState; health: ContainerHealth | null }

/** Which nodes of a Swarm may run a container, and which it had better. */
export type Placement = { constraints: string[]; spread: string | undefined }

/** Everything that Berth may send to the engine in a create. Other options do not exist. */
export type ContainerSpec = {
  image: string
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
  /** SWARM_NEEDED where there is one machine. */
  placement?: Placement | undefined
  restart: RestartPolicy
  healthcheck?: Healthcheck | undefined
  volumes: VolumeMount[]
  /** Of those that the engine makes with the container, since they are not there. */
  volumeLabels?: Record<string, string> | undefined
  stopTimeoutSeconds?: number | undefined
  ports: PortBinding[]
  /** Absent: the engine's default. `none` is no network at all. */
  network?: { name: string; aliases: string[] } | undefined
}

/** Open files are counted from the start of a process, which is too late to change. */
export type ContainerUpdate = Partial<Omit<Limits, 'nofile'>> & { restart?: RestartPolicy | undefined }

export type EngineContainers = {
  listContainers(filter?: { label?: string }): Promise<ContainerSummary[]>
  /** Undefined when the engine says that there is none. Throws when it could not be read. */
  inspectContainer(id: string, signal?: AbortSignal): Promise<ContainerRecord | undefined>
  /**
   * The create request behind the container, environment values included. Engines merge values of the image into it;
   * those of the image `without` are left out.
   */
  containerSpec(id: string, options?: { without?: string }): Promise<ContainerSpec>
  /** Here and for a start, the signal ends the wait for its turn, but not a call that was sent. */
  createContainer(name: string, spec: ContainerSpec, signal?: AbortSignal): Promise<{ id: string; warnings: string[] }>
  /** Idempotent: starting a running container and stopping a stopped one succeed. */
  startContainer(id: string, signal?: AbortSignal): Promise<void>
  /** Aborting the signal ends the wait, not the stop in the engine. */
  stopContainer(id: string, timeoutSeconds: number, signal?: AbortSignal): Promise<void>
  /** False when there was nothing to remove. `volumes` takes the anonymous volumes along. */
  removeContainer(id: string, options: { force: boolean; volumes: boolean }): Promise<boolean>
  renameContainer(id: string, name: string): Promise<void>
  /** Its processes are frozen and keep their memory and ports. */
  pauseContainer(id: string): Promise<void>
  unpauseContainer(id: string): Promise<void>
  updateContainer(id: string, update: ContainerUpdate): Promise<void>
  /**
   * Gives a container another spec and keeps its id: one that runs does so again, one that does not stays so. After a failure it
   * is as it was. Absent where another container has to take its place.
   */
  remakeContainer?: ((id: string, spec: ContainerSpec, signal?: AbortSignal) => Promise<void>) | undefined
  /** Makes an image of a container's filesystem and gives it the tag. */
  /** `emptied` are variables of its environment whose values the image is not to have. */
  commitContainer(
    id: string,
    repository: string,
    tag: string,
    options: { labels: Record<string, string>; emptied: string[] }
  ): Promise<string>
}
