// Volumes with a name.

export type EngineVolumes = {
  createVolume(name: string, labels: Record<string, string>): Promise<void>
  volumeExists(name: string): Promise<boolean>
  /** Their names. */
  listVolumes(filter: { label: string }): Promise<string[]>
  removeVolume(name: string): Promise<boolean>
}
