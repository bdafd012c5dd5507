// The machines of a Swarm.

export type NodeRecord = {
  id: string
  name: string
  /** Null if the Swarm does not know it. */
  address: string | null
  role: 'manager' | 'worker'
  isLeader: boolean
  /** For a manager: whether the others reach it. */
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
  /** The nodes at the last poll. None before the first. */
  knownNodes(): readonly NodeRecord[]
  /** Called after each poll, even without a change. */
  onNodes(watcher: (nodes: readonly NodeRecord[]) => void): void
  /** `drain` moves its containers to other nodes. */
  setAvailability(id: string, availability: 'active' | 'drain'): Promise<void>
}
