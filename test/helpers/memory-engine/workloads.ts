// The program of a container: its output, its load, its processes, and commands beside it.

import type { Engine } from '../../../src/engine/contract/engine.ts'
import type { LogLine, LogQuery } from '../../../src/engine/contract/workloads.ts'
import { AppError } from '../../../src/errors.ts'
import { createMemoryProcess, type MemoryProcess } from './processes.ts'
import type { Kept, State } from './state.ts'

export function createWorkloads({ state, find }: { state: State; find: (id: string) => Kept }) {
  const { containers: kept, tick } = state

  function findRunning(id: string): Kept {
    const found = find(id)
    if (found.record.state !== 'running') throw new AppError('CONTAINER_NOT_RUNNING', `Container ${id} is not running`)
    return found
  }

  const processes: MemoryProcess[] = []

  return {
    /** All started commands, in order. */
    processes,

    write(id: string, text: string, stream: LogLine['stream'] = 'stdout'): LogLine {
      const line = { stream, time: tick(), text }
      find(id).lines.push(line)
      return line
    },

    calls: {
      async *containerLogs(id, _tty, query, signal) {
        const own = find(id)
        let next = own.lines.length
        let lines = own.lines.filter((line) => isWanted(line, query))
        if (query.tail !== undefined) lines = query.tail === 0 ? [] : lines.slice(-query.tail)
        yield* lines
        if (!query.follow) return
        for (;;) {
          const line = own.lines[next]
          if (line) {
            next++
            if (isWanted(line, query)) yield line
          } else if (signal?.aborted || own.record.state !== 'running' || !kept.has(id)) {
            return
          } else {
            await new Promise((resolve) => setImmediate(resolve))
          }
        }
      },

      async containerCounters(id) {
        if (find(id).record.state !== 'running') return undefined
        const now = performance.now()
        return {
          cpuNs: now * 1e5,
          clockNs: now * 1e6,
          memoryUsage: 50e6,
          inactiveFile: 5e6,
          cache: 10e6,
          networks: { eth0: { rxBytes: 1000, txBytes: 2000 } },
          blockReadBytes: 0,
          blockWriteBytes: 4096,
          pids: 3
        }
      },

      async containerProcesses(id) {
        const { record } = findRunning(id)
        return { titles: ['PID', 'CMD'], processes: [[String(record.pid), record.command.join(' ')]] }
      },

      /** It has echo and cat; any other program prints its command line. */
      async exec(id, { command, stdin = '' }) {
        findRunning(id)
        if (command[0] === 'cat') return { exitCode: 0, stdout: stdin, stderr: '', truncated: false }
        const words = command[0] === 'echo' ? command.slice(1) : command
        return { exitCode: 0, stdout: `${words.join(' ')}\n`, stderr: '', truncated: false }
      },

      async startProcess(id, asked) {
        findRunning(id)
        if (asked.command[0] === 'nothing' && asked.size)
          throw new AppError('COMMAND_NOT_STARTED', 'The container cannot run the command: not found')
        const started = createMemoryProcess(asked)
        processes.push(started)
        return started.running
      }
    } satisfies Partial<Engine>
  }
}

function isWanted(line: LogLine, { stdout, stderr, since, until }: LogQuery): boolean {
  if (line.stream === 'stdout' ? !stdout : !stderr) return false
  const seconds = Date.parse(line.time) / 1000
  if (since !== undefined && seconds < Number(since)) return false
  return until === undefined || seconds <= Number(until)
}
