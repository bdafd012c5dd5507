// The machine that the engine runs on, and its disk.

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
  /** False on a rootless engine without cgroups: it enforces no limits, and its figures are of the whole machine. */
  hasCgroups: boolean
  images: number
  containers: { total: number; running: number; paused: number; stopped: number }
  swarm: string
  /** Names of the available runtimes. */
  runtimes: string[]
  /** Networks and hosts of registries that need no TLS; `:*` is every port. Null: the engine does not say. */
  insecureRegistries: string[] | null
}

/** Disk usage of the engine; a size is the space that removing the resource would free. */
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

export type EngineSystem = {
  info(): Promise<EngineInfo>
  diskUsage(): Promise<DiskUsage>
  /** Removes build cache that was unused for that long. Returns the freed bytes. */
  pruneBuildCache(olderThanSeconds: number): Promise<number>
}
