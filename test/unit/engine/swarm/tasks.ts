// Tasks as a manager describes them.

import type { RawTask } from '../../../../src/engine/swarm/schemas/tasks.ts'

type Given = {
  state: string
  desired?: string
  node?: string | null
  container?: string
  exitCode?: number
  err?: string
  /** Minutes after the first. */
  at?: number
}

export function task({
  state,
  desired = 'running',
  node = 'n1',
  container = 'c1',
  exitCode,
  err,
  at = 2
}: Given): RawTask {
  const time = `2026-01-01T00:0${at}:00Z`
  return {
    ID: `task-${at}`,
    ServiceID: 'service',
    NodeID: node,
    CreatedAt: time,
    DesiredState: desired,
    Status: {
      Timestamp: time,
      State: state,
      ...(err !== undefined && { Err: err }),
      ContainerStatus: { ContainerID: container, PID: 1, ...(exitCode !== undefined && { ExitCode: exitCode }) }
    }
  }
}
