// Volumes with a name.

export type VolumeRecord = {
  name: string
  driver: string
  createdAt: string | null
  labels: Record<string, string>
  /** Of the machine that it shows. */
  paths: string[]
}

export type EngineVolumes = {
  /** No error when there is one of that name already. */
  createVolume(name: string, labels: Record<string, string>): Promise<void>
  findVolume(name: string): Promise<VolumeRecord | undefined>
  listVolumes(filter?: { label: string }): Promise<VolumeRecord[]>
  /** False when there was nothing to remove. */
  removeVolume(name: string): Promise<boolean>
}
