// Runs a command and streams its output, stdout and stderr separately. It ends with its client or at its timeout.

import { StringDecoder } from 'node:string_decoder'
import type { EngineProcess, OutputPiece } from '../engine/contract/workloads.ts'
import { AppError } from '../errors.ts'

type StreamName = OutputPiece['stream']
/** Some output, or finally the exit of the command. */
export type ExecEvent = { stream: StreamName; text: string } | { end: { reason: string; exit_code: number | null } }

const GRACE_MS = 1_000

/** `deadline` is the reason of a timeout; `signal` aborts when the client disconnects. */
export async function* followExec(
  running: EngineProcess,
  { stdin, signal, deadline }: { stdin: string | undefined; signal: AbortSignal; deadline: AbortSignal | undefined }
): AsyncGenerator<ExecEvent> {
  // A character may be split across pieces.
  const decoders = { stdout: new StringDecoder('utf8'), stderr: new StringDecoder('utf8') }
  const either = deadline ? AbortSignal.any([signal, deadline]) : signal
  const stop = () => {
    running.release()
    // The client has disconnected, or gets the timeout anyway.
    running.end(GRACE_MS).catch(() => {})
  }
  either.addEventListener('abort', stop, { once: true })
  if (either.aborted) stop()
  try {
    if (stdin !== undefined) void running.write(Buffer.from(stdin)).then(() => running.endInput())
    yield* texts(running.output, decoders)
    if (either.aborted) throw new Error('it was ended')
    yield { end: { reason: 'exited', exit_code: await running.exitCode() } }
  } catch (error) {
    throw deadline?.aborted ? new AppError('EXEC_TIMEOUT', 'The command did not finish in time.') : error
  } finally {
    either.removeEventListener('abort', stop)
    running.release()
  }
}

async function* texts(
  output: AsyncIterable<OutputPiece>,
  decoders: Record<StreamName, StringDecoder>
): AsyncGenerator<ExecEvent> {
  for await (const { stream, bytes } of output) {
    const text = decoders[stream].write(bytes)
    if (text !== '') yield { stream, text }
  }
  for (const stream of ['stdout', 'stderr'] as const) {
    const text = decoders[stream].end()
    if (text !== '') yield { stream, text }
  }
}
