// The session of a command: its output, its server, and its cancellation.

import { createClient, type Berth } from '../client/client.ts'
import type { Target } from './contexts.ts'
import type { Environment } from './environment.ts'
import { createStyle, type Style } from './style.ts'

export type Io = {
  out: NodeJS.WritableStream & { isTTY?: boolean; columns?: number; rows?: number }
  err: NodeJS.WritableStream & { isTTY?: boolean; columns?: number }
  input: NodeJS.ReadableStream & { isTTY?: boolean }
  env: Environment
  /** Aborted by Ctrl-C. */
  signal: AbortSignal
}

export type Session = ReturnType<typeof createSession>

export function createSession({
  io,
  json,
  target,
  version
}: {
  io: Io
  json: boolean
  target: () => Target
  version: string
}) {
  let client: Berth | undefined
  const style: Style = createStyle(colours(io))
  const print = (text: string) => void io.out.write(`${text}\n`)
  return {
    ...io,
    io,
    json,
    style,
    version,
    /** Created at its first use: help and completion need no server. */
    get berth(): Berth {
      return (client ??= connect(target(), version))
    },
    target,
    print,
    /** A note beside the result, never mixed with piped output. */
    note: (text: string) => void io.err.write(`${text}\n`),
    /** The value as JSON on request, else in readable form. */
    show<T>(value: T, asText: (value: T) => string): void {
      print(json ? JSON.stringify(value, null, 2) : asText(value))
    },
    /** A row of a stream. */
    row<T>(value: T, asText: (value: T) => string): void {
      print(json ? JSON.stringify(value) : asText(value))
    }
  }
}

function connect({ url, token }: Target, version: string): Berth {
  return createClient({ url, userAgent: `berth/${version}`, ...(token !== undefined && { token }) })
}

/** https://no-color.org */
function colours({ out, env }: Io): boolean {
  if (env.NO_COLOR) return false
  return env.FORCE_COLOR ? env.FORCE_COLOR !== '0' : out.isTTY === true && env.TERM !== 'dumb'
}
