// Calls about the workload of a container.

import type { EngineWorkloads, ProcessTable } from '../contract/workloads.ts'
import { brokenStream } from './broken-stream.ts'
import type { Calls } from './calls.ts'
import { runExec } from './exec.ts'
import { readLogLines } from './log-frames.ts'
import { logParameters } from './log-query.ts'
import { mapCounters } from './map.ts'
import { createProcesses } from './processes.ts'
import { readStats, readTop } from './schemas/workloads.ts'

const NS_PER_SECOND = 1_000_000_000n

export function createWorkloadCalls(
  calls: Calls,
  { isPodman = () => false, procFolder = '/proc' }: { isPodman?: () => boolean; procFolder?: string | undefined } = {}
): EngineWorkloads {
  const { ask, watch } = calls
  const { startProcess } = createProcesses(calls, procFolder)
  const from = (seconds: string) => (isPodman() ? besideMoment(seconds, -1n) : seconds)
  const to = (seconds: string) => (isPodman() ? besideMoment(seconds, 1n) : seconds)
  return {
    async *containerLogs(id, tty, query, signal) {
      const what = 'read the output of the container'
      const { since, until } = query
      const chunks = await watch({
        method: 'GET',
        path: `/containers/${id}/logs`,
        query: {
          ...logParameters(query),
          ...(since && { since: from(since) }),
          ...(until && { until: to(until) })
        },
        what,
        signal
      })
      try {
        yield* readLogLines(chunks, tty)
      } catch (cause) {
        if (signal?.aborted) throw cause
        throw brokenStream(cause, { what, isChange: false })
      } finally {
        chunks.destroy()
      }
    },

    async containerCounters(id, signal) {
      const query = { stream: 'false', 'one-shot': 'true' }
      const asked = {
        method: 'GET',
        path: `/containers/${id}/stats`,
        query,
        what: 'measure the container',
        answer: readStats,
        signal
      } as const
      // The answer comes with the engine's next round, up to a second later. Other calls must not wait for the socket.
      return mapCounters(await ask(asked, 'streams'))
    },

    async containerProcesses(id, signal) {
      const top = await ask({
        method: 'GET',
        path: `/containers/${id}/top`,
        what: 'list the processes of the container',
        answer: readTop,
        signal
      })
      return { titles: top.Titles, processes: top.Processes ?? [] } satisfies ProcessTable
    },

    startProcess,

    exec: (id, asked, limits) => runExec(startProcess, id, asked, limits)
  }
}

/** Podman excludes the exact moment, and reads seconds as a number, which loses nanoseconds. */
function besideMoment(seconds: string, byNs: bigint): string {
  const [whole = '', fraction = ''] = seconds.split('.')
  const ns = BigInt(whole + fraction.padEnd(9, '0')) + byNs
  const date = new Date(Number(ns / NS_PER_SECOND) * 1_000).toISOString()
  return date.replace('000Z', `${String(ns % NS_PER_SECOND).padStart(9, '0')}Z`)
}
