// A command inside a container: created, started on a bidirectional connection, and ended with all its children. The engine
// cannot end a command, so Berth signals it from this machine or, if its processes are not visible, from inside of the
// container.

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import { AppError, isAppError } from '../../errors.ts'
import { sleep } from '../../lib/sleep.ts'
import type { EngineProcess, OutputPiece, ProcessRequest } from '../contract/workloads.ts'
import { brokenStream } from './broken-stream.ts'
import type { Calls } from './calls.ts'
import { findFamily, MARK, type Family } from './family.ts'
import { END_SCRIPT, secondsOf, SIGNAL_SCRIPT } from './inside.ts'
import { readOutput } from './log-frames.ts'
import { readMade } from './schemas/schema.ts'
import { readExec } from './schemas/workloads.ts'
import { plainText } from './translate-error.ts'

export type StartProcess = (id: string, asked: ProcessRequest, signal?: AbortSignal) => Promise<EngineProcess>

const START_MS = 5_000
const SETTLE_MS = 2_000
const LOOK_MS = 10
const WHAT = 'run the command'
// Keys that stand in for signals if the processes of the terminal are unknown, as on gVisor.
const KEYS: Partial<Record<string, string>> = { INT: '\u0003', QUIT: '\u001c', TSTP: '\u001a' }
// Ends a program that leaves terminals in their usual state: an interrupt, then end of input.
const GIVE_UP = Buffer.from('\u0003\u0004')

// The engine would detach at Ctrl-P Ctrl-Q and hold back Ctrl-P until the next key, but shells and editors use Ctrl-P.
const NO_DETACH_KEYS = Array.from({ length: 8 }, () => 'ctrl-^').join(',')

export function createProcesses(calls: Calls, procFolder: string): { startProcess: StartProcess } {
  const startProcess: StartProcess = async (id, asked, signal) => {
    const mark = randomBytes(12).toString('hex')
    const { Id: execId } = await calls.make({
      method: 'POST',
      path: `/containers/${id}/exec`,
      body: bodyOf(asked, mark),
      what: 'prepare the command',
      answer: readMade,
      signal
    })
    const inspect = () =>
      calls.ask({ method: 'GET', path: `/exec/${execId}/json`, what: 'read the exit code', answer: readExec })
    const tty = asked.size !== undefined
    const connection = await calls.connect({
      method: 'POST',
      path: `/exec/${execId}/start`,
      // Engines before 23 accept no size at the start, so it is set right after.
      body: { Detach: false, Tty: tty, ...(asked.size && { ConsoleSize: [asked.size.rows, asked.size.cols] }) },
      what: WHAT
    })
    // The reader gets the error, too.
    connection.on('error', () => {})

    let known: Promise<Family> | undefined
    const family = () =>
      (known ??= inspect().then(({ Pid: pid }) => findFamily({ procFolder, containerId: id, leader: pid ?? 0, mark })))

    async function runInside(script: string, word: string): Promise<boolean> {
      const command = ['/bin/sh', '-c', script, mark, word]
      const helper = await startProcess(id, { command, env: {}, user: asked.user, takesInput: false })
      for await (const _ of helper.output);
      return (await helper.exitCode()) === 0
    }

    const running: EngineProcess = {
      output: outputOf(connection, tty),

      async write(bytes) {
        if (!connection.writable || connection.write(bytes)) return
        const closed = new AbortController()
        const close = () => closed.abort()
        connection.once('close', close)
        await once(connection, 'drain', { signal: closed.signal }).catch(() => {})
        connection.off('close', close)
      },

      endInput: () => void connection.end(),

      async resize({ cols, rows }) {
        const what = 'resize the terminal'
        try {
          await calls.ask({ method: 'POST', path: `/exec/${execId}/resize`, query: { h: rows, w: cols }, what })
        } catch (error) {
          if ((await inspect()).Running) throw error
        }
      },

      async signal(name) {
        if (await (await family()).signalForeground(name)) return true
        if (await runInside(SIGNAL_SCRIPT, name)) return true
        const key = KEYS[name]
        if (!tty || key === undefined || !connection.writable) return false
        connection.write(key)
        return true
      },

      async end(graceMs) {
        try {
          const ended = (await (await family()).end(graceMs)) || (await runInside(END_SCRIPT, secondsOf(graceMs)))
          if (!ended && connection.writable) connection.write(GIVE_UP)
          return ended
        } catch (error) {
          return unlessStopped(error, true)
        }
      },

      exitCode: () => exitCodeOf(inspect).catch((error: unknown) => unlessStopped(error, null)),

      release: () => void connection.destroy()
    }
    if (asked.size === undefined) return running
    try {
      await whenStarted(inspect, connection)
      await family()
      await running.resize(asked.size)
      return running
    } catch (error) {
      connection.destroy()
      throw error
    }
  }
  return { startProcess }
}

function bodyOf({ command, env, workingDir, user, size, takesInput }: ProcessRequest, mark: string) {
  return {
    AttachStdin: takesInput,
    AttachStdout: true,
    AttachStderr: true,
    Tty: size !== undefined,
    ...(size && { DetachKeys: NO_DETACH_KEYS }),
    Cmd: command,
    Env: Object.entries({ ...env, [MARK]: mark }).map(([name, value]) => `${name}=${value}`),
    ...(workingDir && { WorkingDir: workingDir }),
    ...(user && { User: user })
  }
}

async function* outputOf(connection: Duplex, tty: boolean): AsyncGenerator<OutputPiece> {
  try {
    yield* readOutput(connection, tty)
  } catch (error) {
    throw brokenStream(error, { what: WHAT, isChange: true })
  } finally {
    connection.destroy()
  }
}

type Inspect = () => Promise<{ Running?: boolean | null; ExitCode?: number | null; Pid?: number | null }>

/** The engine switches protocols before it starts the command, and reports a failed start on the connection. */
async function whenStarted(inspect: Inspect, connection: Duplex): Promise<void> {
  for (const end = performance.now() + START_MS; performance.now() < end; await sleep(LOOK_MS)) {
    const { Pid: pid, Running: isRunning, ExitCode: exitCode } = await inspect()
    if (pid) return
    if (isRunning || typeof exitCode !== 'number') continue
    await once(connection, 'readable', { signal: AbortSignal.timeout(SETTLE_MS) }).catch(() => {})
    const said = connection.read() as Buffer | null
    throw new AppError(
      'COMMAND_NOT_STARTED',
      `The container cannot run the command: ${plainText(said?.toString('utf8') ?? '') || `exit code ${exitCode}`}`
    )
  }
  throw new AppError('ENGINE_TIMEOUT', 'The engine did not start the command in time. It may still do so.')
}

/** The output may end a moment before the engine knows the exit code. */
async function exitCodeOf(inspect: Inspect): Promise<number | null> {
  for (const end = performance.now() + SETTLE_MS; ; await sleep(LOOK_MS)) {
    const { Running: isRunning, ExitCode: exitCode } = await inspect()
    if (!isRunning || performance.now() > end) return exitCode ?? null
  }
}

/** A command needs no signal if it, or its container, no longer runs. */
function unlessStopped<T>(error: unknown, then: T): T {
  if (isAppError(error, 'CONTAINER_NOT_RUNNING', 'CONTAINER_NOT_FOUND')) return then
  throw error
}
