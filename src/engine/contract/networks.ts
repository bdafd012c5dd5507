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
  /** The given name of its interface on the machine. Null if the engine chose one. */
  bridge: string | null
  /** Whether a container may join it, unlike the engine's own networks and those without names. */
  joinable: boolean
}

type NetworkSpec = {
  name: string
  internal: boolean
  labels: Record<string, string>
  /** A name for its interface on the machine. Only of bridges. */
  bridge?: string | undefined
}

export type EngineNetworks = {
  listNetworks(): Promise<NetworkRecord[]>
  createNetwork(network: NetworkSpec): Promise<string>
  /** False if it did not exist. */
  removeNetwork(id: string): Promise<boolean>
}
