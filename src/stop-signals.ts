// The two signals by which people and supervisors end the server.

/** npm repeats a signal that the whole process group got, as with Ctrl-C: within this time both are one request. */
const ECHO_MS = 2_000

type StopSignal = 'SIGINT' | 'SIGTERM'
export const STOP_SIGNALS: StopSignal[] = ['SIGINT', 'SIGTERM']

export function onStopSignal({
  stop,
  exitAtOnce
}: {
  stop: (signal: StopSignal) => void
  exitAtOnce: (signal: StopSignal) => void
}): void {
  let stoppedAt: number | undefined
  for (const signal of STOP_SIGNALS) {
    process.on(signal, () => {
      if (stoppedAt === undefined) {
        stoppedAt = performance.now()
        stop(signal)
      } else if (performance.now() - stoppedAt > ECHO_MS) {
        exitAtOnce(signal)
      }
    })
  }
}
