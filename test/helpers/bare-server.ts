// The real server as a separate process, without an engine, for tests of its start, addresses and end.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import http from 'node:http'
import { join } from 'node:path'
import type { Test } from 'tap'

const PROJECT = join(import.meta.dirname, '../..')

/** Runs `src/server.ts`, or another program of the project, and collects its output. It is killed with the test. */
export function runBare(t: Pick<Test, 'teardown'>, env: Record<string, string>, program = ['src/server.ts']) {
  const child = spawn(process.execPath, program, {
    cwd: PROJECT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH ?? '',
      NODE_COMPILE_CACHE: join(PROJECT, 'node_modules/.cache/node'),
      DOCKER_HOST: 'unix:///nowhere/docker.sock',
      // Its port is the same for all, and tests run in parallel.
      BERTH_GRPC_PORT: 'off',
      ...env
    }
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  const ended = once(child, 'close').then(([code]) => code as number | null)
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return {
    child,
    ended,
    output: () => output,
    /** Resolves when it listens; rejects with its output if it ends instead. */
    async up(): Promise<void> {
      const dead = ended.then((code) => Promise.reject(new Error(`it ended with ${code}: ${output}`)))
      dead.catch(() => {})
      while (!output.includes('Berth is up')) await Promise.race([once(child.stdout, 'data'), dead])
    }
  }
}

/** The status of an answer, over any transport. */
export function statusOf(options: http.RequestOptions, get = http.get): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { host: 'localhost', ...(options.headers as http.OutgoingHttpHeaders) }
    get({ agent: false, path: '/containers', ...options, headers }, (answer) => {
      answer.resume()
      resolve(answer.statusCode ?? 0)
    }).on('error', reject)
  })
}
