// Networks.

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

export type EngineNetworks = {
  listNetworks(): Promise<NetworkRecord[]>
  createNetwork(network: { name: string; internal: boolean; labels: Record<string, string> }): Promise<string>
  /** False when there was nothing to remove. */
  removeNetwork(id: string): Promise<boolean>
}
