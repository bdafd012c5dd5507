// What goes on inside of a container: its output, its figures, its processes, commands run in it.

/** Counters of one container that only grow, and a few levels. */
export type ContainerCounters = {
  cpuNs: number
  /** How long one core has run, by the reader's own clock: the base of the CPU figure. */
  clockNs: number
  memoryUsage: number
  inactiveFile: number
  cache: number
  networks: Record<string, { rxBytes: number; txBytes: number }>
  blockReadBytes: number
  blockWriteBytes: number
  pids: number
}

export type LogLine = { stream: 'stdout' | 'stderr'; time: string; text: string }

export type LogQuery = {
  tail?: number | undefined
  since?: string | undefined
  until?: string | undefined
  stdout: boolean
  stderr: boolean
  follow: boolean
}

export type ExecRequest = {
  command: string[]
  env: Record<string, string>
  workingDir?: string | undefined
  user?: string | undefined
}

export type ExecResult = { exitCode: number; stdout: string; stderr: string; truncated: boolean }

export type ProcessTable = { titles: string[]; processes: string[][] }

export type EngineWorkloads = {
  containerLogs(id: string, tty: boolean, query: LogQuery, signal?: AbortSignal): AsyncIterable<LogLine>
  /** Undefined when the engine has no figures, as for a container that has just ended. */
  containerCounters(id: string, signal?: AbortSignal): Promise<ContainerCounters | undefined>
  containerProcesses(id: string, signal?: AbortSignal): Promise<ProcessTable>
  exec(id: string, request: ExecRequest, limits: { bytes: number; signal: AbortSignal }): Promise<ExecResult>
}
