// One terminal: a running command, the end of its output, and its client. It survives a broken connection.
// Unacknowledged output blocks the command, and never exceeds the replay buffer, so nothing is lost, and a slow
// reader costs no memory. docs/decisions/095-one-window-for-flow-and-replay.md

import type { EngineProcess } from '../engine/contract/workloads.ts'
import { AppError } from '../errors.ts'
import { PIECE_BYTES, WINDOW_BYTES, type ClientFrame, type Ended } from './frames.ts'
import { gathered } from './gather.ts'
import type { Recording } from './recording.ts'
import { createReplay } from './replay.ts'

export type TerminalEvent = { kind: 'output'; bytes: Buffer } | { kind: 'ended'; ended: Ended }
export type Session = ReturnType<typeof createSession>
export type Viewer = ReturnType<Session['attach']>

type Options = {
  id: string
  command: string[]
  running: EngineProcess
  recording: Recording | undefined
  /** The time that it waits for its client to resume. */
  lingerMs: number
  /** The reason why the command ended, unless a caller ended it. */
  whyEnded: () => Promise<string>
  /** The command has ended. */
  onEnd: (ended: Ended) => void
  /** It can no longer be resumed. */
  onGone: () => void
}

const PENDING_INPUT_BYTES = 1024 ** 2
const GRACE_MS = 1_000

export function createSession({ id, command, running, recording, lingerMs, whyEnded, onEnd, onGone }: Options) {
  const replay = createReplay(WINDOW_BYTES)
  const over = Promise.withResolvers<Ended>()
  let acknowledged = 0
  let sent = 0
  let ended: Ended | undefined
  let ending: string | undefined
  let current: symbol | undefined
  let latest: symbol | undefined
  // The output of an ended command is read completely, acknowledged or not.
  let isDraining = false
  let pendingInput = 0
  // The engine takes sizes over another connection: later input must not arrive before them.
  let sized = Promise.resolve()
  let linger: NodeJS.Timeout | undefined
  let wakePump = () => {}
  let wakeViewer = () => {}

  async function pump(): Promise<void> {
    for await (const { bytes } of gathered(running.output)) {
      await recording?.write(bytes)
      for (let rest = bytes; rest.length > 0;) {
        const room = isDraining ? WINDOW_BYTES : WINDOW_BYTES - (replay.end() - acknowledged)
        if (room === 0) await new Promise<void>((resolve) => (wakePump = resolve))
        replay.push(rest.subarray(0, room))
        rest = rest.subarray(room)
        wakeViewer()
      }
    }
  }

  async function follow(): Promise<void> {
    let failure: string | undefined
    await pump().catch((error: Error) => (failure = error.message))
    const exitCode = await running.exitCode().catch(() => null)
    const reason = ending ?? failure ?? (await whyEnded().catch(() => 'exited'))
    ended = { exit_code: exitCode, reason }
    running.release()
    await recording?.end()
    over.resolve(ended)
    onEnd(ended)
    wakeViewer()
  }
  void follow()

  /** Resolves when the command has ended or is out of reach. */
  async function end(reason: string, graceMs = GRACE_MS): Promise<void> {
    if (ended || ending !== undefined) return void (await over.promise)
    ending = reason
    // Docker 28 reports no exit in a container, not even that of a helper, while the output of a command there is blocked.
    isDraining = true
    wakePump()
    const isReached = await running.end(graceMs).catch(() => false)
    // Otherwise the output of background processes would never end.
    if (!isReached) running.release()
    await over.promise
  }

  function leave(me: symbol): void {
    if (current !== me) return
    current = undefined
    wakeViewer()
    linger = setTimeout(() => void end('nobody came back').then(onGone), lingerMs).unref()
  }

  function take(frame: Exclude<ClientFrame, { kind: 'open' }>): void {
    if (frame.kind === 'ack') {
      acknowledged = Math.max(acknowledged, Math.min(frame.received, sent))
      wakePump()
    } else if (ended) return
    else if (frame.kind === 'input') write(frame.bytes)
    else if (frame.kind === 'resize') resize(frame)
    else void running.signal(frame.signal as Parameters<EngineProcess['signal']>[0]).catch(() => false)
  }

  /** Not awaited: acknowledgements use the same path, and without them the command may never continue. */
  function write(bytes: Uint8Array): void {
    pendingInput += bytes.length
    if (pendingInput > PENDING_INPUT_BYTES)
      throw new AppError('TOO_MANY_REQUESTS', 'The program does not read its input. Send less at once.')
    void sized.then(() => running.write(bytes)).finally(() => (pendingInput -= bytes.length))
  }

  function resize({ cols, rows }: { cols: number; rows: number }): void {
    recording?.resize(cols, rows)
    sized = sized.then(() => running.resize({ cols, rows })).catch(() => {})
  }

  return {
    id,
    end,

    /** Replaces the current client. `received` is the number of output bytes that the new one has. */
    attach(received?: number) {
      const me = Symbol(id)
      let failure: AppError | undefined
      current = me
      latest = me
      clearTimeout(linger)
      const isKnown = received !== undefined && received >= replay.start() && received <= replay.end()
      sent = isKnown ? received : replay.start()
      acknowledged = sent
      wakeViewer()
      wakePump()

      return {
        opened: { session: id, command, offset: sent },
        take,
        /** The connection has broken or the client leaves for a while. */
        leave: () => leave(me),
        /** The client has closed it, or has received its end. */
        close(): void {
          if (latest !== me) return
          clearTimeout(linger)
          void end('closed').then(onGone)
        },

        /** Ends the events with an error. */
        fail(error: AppError): void {
          failure = error
          wakeViewer()
        },

        async *events(): AsyncGenerator<TerminalEvent> {
          while (current === me) {
            if (failure) throw failure
            if (sent < replay.end()) {
              const bytes = replay.read(sent, PIECE_BYTES)
              sent += bytes.length
              yield { kind: 'output', bytes }
            } else if (ended) {
              // Its arrival is unknown: only a client that closes in order has certainly received it.
              leave(me)
              yield { kind: 'ended', ended }
              return
            } else await new Promise<void>((resolve) => (wakeViewer = resolve))
          }
          if (current !== undefined)
            throw new AppError('TERMINAL_TAKEN_OVER', 'Another connection took the terminal session over.')
        }
      }
    }
  }
}
