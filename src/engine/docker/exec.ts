// A command inside a container, in three calls: make the exec, run it and read its output, ask for its exit code.

import { readFileSync } from 'node:fs'
import { AppError } from '../../errors.ts'
import { brokenStream } from './broken-stream.ts'
import type { Calls } from './calls.ts'
import type { ExecRequest, ExecResult } from '../contract/workloads.ts'
import { readOutput } from './log-frames.ts'
import { readMade } from './schemas/schema.ts'
import { readExec } from './schemas/workloads.ts'

export async function runExec(
  calls: Calls,
  id: string,
  asked: ExecRequest,
  limits: { bytes: number; signal: AbortSignal }
): Promise<ExecResult> {
  const { Id: execId } = await calls.make({
    method: 'POST',
    path: `/containers/${id}/exec`,
    body: {
      AttachStdout: true,
      AttachStderr: true,
      Cmd: asked.command,
      Env: Object.entries(asked.env).map(([name, value]) => `${name}=${value}`),
      ...(asked.workingDir && { WorkingDir: asked.workingDir }),
      ...(asked.user && { User: asked.user })
    },
    what: 'prepare the command',
    answer: readMade,
    signal: limits.signal
  })
  const inspect = () =>
    calls.ask({
      method: 'GET',
      path: `/exec/${execId}/json`,
      what: 'read the exit code',
      answer: readExec
    })
  const what = 'run the command'
  const output = await calls.stream({
    method: 'POST',
    path: `/exec/${execId}/start`,
    body: { Detach: false, Tty: false },
    what
  })
  const stop = () => output.destroy(new AppError('EXEC_TIMEOUT', 'The command did not end in time.'))
  limits.signal.addEventListener('abort', stop, { once: true })
  if (limits.signal.aborted) stop()

  const kept = { stdout: [] as Buffer[], stderr: [] as Buffer[] }
  let room = limits.bytes
  let truncated = false
  try {
    for await (const { stream, bytes } of readOutput(output, false)) {
      truncated ||= bytes.length > room
      if (room > 0) kept[stream].push(Buffer.from(bytes.subarray(0, room)))
      room -= Math.min(room, bytes.length)
    }
  } catch (error) {
    if (limits.signal.aborted) killIfHere((await inspect()).Pid ?? 0, id)
    throw brokenStream(error, { what, isChange: true })
  } finally {
    limits.signal.removeEventListener('abort', stop)
    output.destroy()
  }

  const { ExitCode: exitCode } = await inspect()
  return {
    exitCode: exitCode ?? -1,
    stdout: Buffer.concat(kept.stdout).toString('utf8'),
    stderr: Buffer.concat(kept.stderr).toString('utf8'),
    truncated
  }
}

/** The engine cannot end a command. This process can, when its /proc shows that the number is a process of the container. */
function killIfHere(pid: number, containerId: string): void {
  try {
    if (pid > 0 && readFileSync(`/proc/${pid}/cgroup`, 'latin1').includes(containerId)) process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended meanwhile, or is on another machine.
  }
}
