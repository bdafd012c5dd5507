// The workload of a container: output, processes, commands.

import type { Caller } from '../access/caller.ts'
import type { HeldBytes } from '../access/held-bytes.ts'
import { seenBy } from '../access/ownership.ts'
import type { Config } from '../config.ts'
import type { ContainerRecord } from '../engine/contract/containers.ts'
import type { EngineWorkloads, ExecResult, LogLine, LogQuery } from '../engine/contract/workloads.ts'
import { AppError, invalidField } from '../errors.ts'
import type { Inventory } from '../inventory/inventory.ts'
import type { Changes } from './changes.ts'
import { followExec, type ExecEvent } from './exec-stream.ts'
import { bytesOf, lastOf } from './logs.ts'
import type { ExecCommand } from './request-schemas.ts'
import { notRunning } from './view.ts'

export type Ending = { reason: string; exit_code: number | null }
/** A line, or finally the reason of the end. */
export type Followed = { line: LogLine } | { end: Ending }

type Options = {
  engine: EngineWorkloads
  inventory: Inventory
  changes: Changes
  config: Pick<Config, 'exec'>
  hold: HeldBytes
}

const EXEC_OUTPUT_BYTES = 1024 ** 2
const DEFAULT_EXEC_SECONDS = 30

export function createWorkload({ engine, inventory, changes, config, hold }: Options) {
  function linesOf(caller: Caller, reference: string, query: LogQuery, signal: AbortSignal) {
    const record = inventory.find(reference, seenBy(caller))
    const { tail, stdout, stderr, follow } = query
    // The engine counts the last lines of both streams and then leaves one out.
    if (tail === undefined || follow || stdout === stderr)
      return { record, lines: engine.containerLogs(record.id, record.tty, query, signal) }
    const all = engine.containerLogs(record.id, record.tty, { ...query, tail: undefined }, signal)
    return { record, lines: lastOf(all, tail, hold('tail')) }
  }

  /** The reason why the output of a container ended. */
  async function endingOf(id: string): Promise<Ending> {
    const record = await inventory.refresh(id)
    return {
      reason: !record || record.state === 'removing' ? 'removed' : record.state,
      exit_code: record?.exitCode ?? null
    }
  }

  function execTarget(caller: Caller, reference: string): ContainerRecord {
    if (!config.exec)
      throw new AppError(
        'EXEC_DISABLED',
        'Running commands in containers is disabled. Set BERTH_EXEC=true to enable it.'
      )
    const record = changes.find(caller, reference)
    if (record.state !== 'running') throw notRunning(record)
    return record
  }

  return {
    logs: (caller: Caller, reference: string, query: LogQuery, signal: AbortSignal): AsyncIterable<LogLine> =>
      linesOf(caller, reference, query, signal).lines,

    /** All of them, for one answer. */
    async allLogs(
      caller: Caller,
      reference: string,
      query: LogQuery,
      signal: AbortSignal,
      most: number
    ): Promise<LogLine[]> {
      const { lines } = linesOf(caller, reference, query, signal)
      const holding = hold('tail')
      const all: LogLine[] = []
      let bytes = 0
      try {
        for await (const line of lines) {
          const size = bytesOf(line)
          bytes += size
          if (bytes > most)
            throw invalidField(
              'tail',
              `must be smaller: the lines are more than ${most / 1024 ** 2} MiB; a stream has no limit`
            )
          holding.take(size)
          all.push(line)
        }
        return all
      } finally {
        holding.end()
      }
    },

    /** `after` is the time of the last line that the client has; the engine sends it again. */
    follow(
      caller: Caller,
      reference: string,
      query: LogQuery,
      after: string | undefined,
      signal: AbortSignal
    ): AsyncIterable<Followed> {
      const { record, lines } = linesOf(caller, reference, query, signal)
      async function* followed(): AsyncGenerator<Followed> {
        for await (const line of lines) if (line.time === '' || line.time !== after) yield { line }
        yield { end: await endingOf(record.id) }
      }
      return followed()
    },

    async top(caller: Caller, reference: string, signal?: AbortSignal) {
      const record = inventory.find(reference, seenBy(caller))
      if (record.state !== 'running') throw notRunning(record)
      return engine.containerProcesses(record.id, signal)
    },

    /** The container, if commands may run in it. */
    execTarget,

    async exec(caller: Caller, reference: string, body: ExecCommand, signal: AbortSignal): Promise<ExecResult> {
      const record = execTarget(caller, reference)
      const seconds = body.timeout_seconds ?? DEFAULT_EXEC_SECONDS
      const deadline = AbortSignal.any([AbortSignal.timeout(seconds * 1000), signal])
      const asked = { ...askedOf(body), ...(body.stdin !== undefined && { stdin: body.stdin }) }
      return engine.exec(record.id, asked, { bytes: EXEC_OUTPUT_BYTES, signal: deadline })
    },

    /** Streams it as long as there is a reader. */
    async streamExec(
      caller: Caller,
      reference: string,
      body: ExecCommand,
      signal: AbortSignal
    ): Promise<AsyncIterable<ExecEvent>> {
      const record = execTarget(caller, reference)
      const { stdin, timeout_seconds: seconds } = body
      const running = await engine.startProcess(
        record.id,
        { ...askedOf(body), takesInput: stdin !== undefined },
        signal
      )
      const deadline = seconds === undefined ? undefined : AbortSignal.timeout(seconds * 1000)
      return followExec(running, { stdin, signal, deadline })
    }
  }
}

function askedOf({ command, env = {}, working_dir: workingDir, user }: ExecCommand) {
  return { command, env, workingDir, user }
}
