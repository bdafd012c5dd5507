// A command whose whole output is one answer.

import { AppError } from '../../errors.ts'
import type { ExecRequest, ExecResult } from '../contract/workloads.ts'
import type { StartProcess } from './processes.ts'

const GRACE_MS = 500

export async function runExec(
  startProcess: StartProcess,
  id: string,
  { stdin, ...asked }: ExecRequest,
  { bytes, signal }: { bytes: number; signal: AbortSignal }
): Promise<ExecResult> {
  const running = await startProcess(id, { ...asked, takesInput: stdin !== undefined }, signal)
  const late = () => new AppError('EXEC_TIMEOUT', 'The command did not finish in time.')
  const stop = () => {
    running.release()
    // The answer is a timeout, whether or not the command can be ended.
    running.end(GRACE_MS).catch(() => {})
  }
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()

  const kept = { stdout: [] as Buffer[], stderr: [] as Buffer[] }
  let room = bytes
  let truncated = false
  try {
    if (stdin !== undefined) void running.write(Buffer.from(stdin)).then(() => running.endInput())
    for await (const { stream, bytes: piece } of running.output) {
      truncated ||= piece.length > room
      if (room > 0) kept[stream].push(Buffer.from(piece.subarray(0, room)))
      room -= Math.min(room, piece.length)
    }
  } catch (error) {
    throw signal.aborted ? late() : error
  } finally {
    signal.removeEventListener('abort', stop)
  }
  if (signal.aborted) throw late()

  return {
    exitCode: (await running.exitCode()) ?? -1,
    stdout: Buffer.concat(kept.stdout).toString('utf8'),
    stderr: Buffer.concat(kept.stderr).toString('utf8'),
    truncated
  }
}
