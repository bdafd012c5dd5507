// A command in a container of the engine in memory. cat and shells echo their input, yes never ends, and any other
// program prints its arguments. Tests control the output and end of a command.

import { setImmediate } from 'node:timers/promises'
import type {
  EngineProcess,
  OutputPiece,
  ProcessRequest,
  TerminalSize
} from '../../../src/engine/contract/workloads.ts'

export type MemoryProcess = ReturnType<typeof createMemoryProcess>

const CODES: Record<string, number> = { HUP: 129, INT: 130, KILL: 137, TERM: 143 }
const CTRL_C = 0x03
const CTRL_D = 0x04
const PIECE = Buffer.from('y\r\n'.repeat(10_000))

export function createMemoryProcess(request: ProcessRequest) {
  const [program = '', ...words] = request.command
  const sizes: TerminalSize[] = request.size ? [request.size] : []
  const signals: string[] = []
  const queue: OutputPiece[] = []
  let input = ''
  let exitCode: number | null = null
  let isReleased = false
  let produced = 0
  let wake = () => {}

  function write(text: string | Buffer, stream: OutputPiece['stream'] = 'stdout'): void {
    queue.push({ stream, bytes: Buffer.from(text) })
    wake()
  }

  function exit(code: number): void {
    exitCode ??= code
    wake()
  }

  async function* output(): AsyncGenerator<OutputPiece> {
    while (!isReleased) {
      const piece = queue.shift()
      if (piece) yield piece
      else if (exitCode !== null) return
      else if (program === 'yes') {
        produced += PIECE.length
        await setImmediate()
        yield { stream: 'stdout', bytes: PIECE }
      } else await new Promise<void>((resolve) => (wake = resolve))
    }
  }

  const running: EngineProcess = {
    output: output(),
    async write(bytes) {
      input += Buffer.from(bytes).toString()
      if (request.size && bytes.includes(CTRL_C)) exit(CODES.INT ?? 1)
      else if (request.size && bytes.includes(CTRL_D)) exit(0)
      else if (program === 'cat' || program === 'sh') write(Buffer.from(bytes))
    },
    endInput: () => void (program === 'cat' && exit(0)),
    resize: async (size) => void sizes.push(size),
    async signal(name) {
      signals.push(name)
      exit(CODES[name] ?? 1)
      return true
    },
    async end() {
      exit(CODES.HUP ?? 1)
      return true
    },
    exitCode: async () => exitCode,
    release() {
      isReleased = true
      wake()
    }
  }
  if (!['cat', 'sh', 'yes', 'sleep'].includes(program)) {
    write(`${words.join(' ')}\n`)
    exit(0)
  }
  return {
    request,
    running,
    sizes,
    signals,
    write,
    exit,
    input: () => input,
    hasEnded: () => exitCode !== null,
    /** The size of yes's output, in bytes. */
    produced: () => produced
  }
}
