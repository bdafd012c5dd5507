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
  /** Whether a container may join it, unlike the engine's own networks and those without names. */
  joinable: boolean
}

export type EngineNetworks = {
  listNetworks(): Promise<NetworkRecord[]>
  createNetwork(network: { name: string; internal: boolean; labels: Record<string, string> }): Promise<string>
  /** False if it did not exist. */
  removeNetwork(id: string): Promise<boolean>
}
