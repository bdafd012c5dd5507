// `berth` on a live server with an engine in memory: its output and exit code.

import type { AddressInfo } from 'node:net'
import { PassThrough, Readable } from 'node:stream'
import type { Test } from 'tap'
import { program } from '../../src/cli/program.ts'
import type { Environment } from '../../src/cli/environment.ts'
import { build, VERSION } from './build.ts'

export type Ran = { code: number; out: string; err: string }
type Given = {
  env?: Environment
  input?: string
  signal?: AbortSignal
  onOut?: (text: string) => void
  isTTY?: boolean
}

/** One call, without a process. */
export async function berth(
  argv: string[],
  { env = {}, input = '', signal, onOut, isTTY = false }: Given = {}
): Promise<Ran> {
  const texts = { out: '', err: '' }
  const sink = (name: 'out' | 'err') => {
    // Like a pseudo-terminal before it gets a size.
    const stream = Object.assign(new PassThrough(), { isTTY, columns: 0, rows: 0 })
    stream.on('data', (piece: Buffer) => {
      texts[name] += piece.toString()
      if (name === 'out') onOut?.(texts.out)
    })
    return stream
  }
  const [out, err] = [sink('out'), sink('err')]
  const io = { out, err, input: Readable.from([input]), env, signal: signal ?? new AbortController().signal }
  const code = await program(argv, io, VERSION)
  return { code, ...texts }
}

/** A listening server, and `berth` for it. */
export async function serveCli(t: Test, options: Parameters<typeof build>[1] = {}) {
  const server = await build(t, options)
  await server.app.listen({ host: '127.0.0.1', port: 0 })
  const url = `http://127.0.0.1:${(server.app.server.address() as AddressInfo).port}`
  const token = options?.env?.BERTH_TOKEN
  const env = { BERTH_URL: url, ...(token !== undefined && { BERTH_TOKEN: token }) }
  return {
    ...server,
    url,
    env,
    berth: (argv: string[], given: Given = {}) => berth(argv, { ...given, env: { ...env, ...given.env } })
  }
}
