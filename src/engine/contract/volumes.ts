// Named volumes.

export type VolumeRecord = {
  name: string
  driver: string
  createdAt: string | null
  labels: Record<string, string>
  /** The path of the machine that it shows. */
  paths: string[]
}

export type EngineVolumes = {
  /** Succeeds if one of that name exists. */
  createVolume(name: string, labels: Record<string, string>): Promise<void>
  findVolume(name: string): Promise<VolumeRecord | undefined>
  listVolumes(filter?: { label: string }): Promise<VolumeRecord[]>
  /** False if it did not exist. */
  removeVolume(name: string): Promise<boolean>
}
