// The machines of a Swarm.

export type NodeRecord = {
  id: string
  name: string
  /** Null when the Swarm does not know it. */
  address: string | null
  role: 'manager' | 'worker'
  isLeader: boolean
  /** Of a manager: whether the others reach it. */
  isReachable: boolean | null
  state: 'ready' | 'down' | 'disconnected' | 'unknown'
  availability: 'active' | 'pause' | 'drain'
  cpus: number | null
  memoryBytes: number | null
  engineVersion: string | null
  architecture: string | null
  labels: Record<string, string>
}

export type EngineNodes = {
  listNodes(): Promise<NodeRecord[]>
  /** As the last look saw them; none before the first. */
  knownNodes(): readonly NodeRecord[]
  /** Called after each look, whether or not anything has changed. */
  onNodes(watcher: (nodes: readonly NodeRecord[]) => void): void
  /** `drain` moves what runs there to other nodes. */
  setAvailability(id: string, availability: 'active' | 'drain'): Promise<void>
}
