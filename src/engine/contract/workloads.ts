// The workload of a container: its output, statistics, processes, commands.

/** Monotonic counters of one container, and a few gauges. */
export type ContainerCounters = {
  cpuNs: number
  /** The elapsed time of one core, by the reader's own clock: the base of the CPU figure. */
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
  /** Its whole input. */
  stdin?: string | undefined
}

export type OutputPiece = { stream: 'stdout' | 'stderr'; bytes: Buffer }

/** Without a size it has no terminal: its streams are separate, and its input ends. */
export type ProcessRequest = Omit<ExecRequest, 'stdin'> & { size?: TerminalSize | undefined; takesInput: boolean }

export type TerminalSize = { cols: number; rows: number }

type Signal = 'HUP' | 'INT' | 'QUIT' | 'KILL' | 'TERM' | 'USR1' | 'USR2' | 'CONT' | 'TSTP'

/** A running command in a container, and the connection to it. */
export type EngineProcess = {
  /** Readable once. Unread output blocks the command. With a terminal, output that waits to be read is one piece. */
  output: AsyncIterable<OutputPiece>
  /** Resolves when it accepts more. */
  write(bytes: Uint8Array): Promise<void>
  /** Ends the input. */
  endInput(): void
  resize(size: TerminalSize): Promise<void>
  /** Signals the foreground processes of its terminal. False if nothing could reach them. */
  signal(signal: Signal): Promise<boolean>
  /**
   * Ends the command and all its processes: HUP, TERM, KILL, with that much time in between. False if nothing could
   * reach them.
   */
  end(graceMs: number): Promise<boolean>
  /** Null while it runs, and after the container is gone. */
  exitCode(): Promise<number | null>
  /** Closes the connection; the command keeps running. */
  release(): void
}

export type ExecResult = { exitCode: number; stdout: string; stderr: string; truncated: boolean }

export type ProcessTable = { titles: string[]; processes: string[][] }

export type EngineWorkloads = {
  containerLogs(id: string, tty: boolean, query: LogQuery, signal?: AbortSignal): AsyncIterable<LogLine>
  /** Undefined if the engine has no figures, as for a container that has just exited. */
  containerCounters(id: string, signal?: AbortSignal): Promise<ContainerCounters | undefined>
  containerProcesses(id: string, signal?: AbortSignal): Promise<ProcessTable>
  /** The signal aborts only the start. With a size, an impossible command throws COMMAND_NOT_STARTED. */
  startProcess(id: string, request: ProcessRequest, signal?: AbortSignal): Promise<EngineProcess>
  exec(id: string, request: ExecRequest, limits: { bytes: number; signal: AbortSignal }): Promise<ExecResult>
}
