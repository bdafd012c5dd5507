// The dashboard on the engine in memory, opened in a browser: for tests of the page, and for its pictures.

import { execFileSync, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Test } from 'tap'

const PROJECT = join(import.meta.dirname, '../..')

/** Rebuilt when its sources have changed. */
export function buildDashboard(): void {
  const { NODE_OPTIONS: _loaderOfTap, ...env } = process.env
  execFileSync(process.execPath, ['scripts/dashboard.ts'], { cwd: PROJECT, env })
}

export async function serveDashboard(
  t: Pick<Test, 'teardown'>,
  given: { containers?: number; token?: string; swarm?: boolean } = {}
): Promise<{ url: string; tell: (what: 'away' | 'back') => void }> {
  buildDashboard()
  const { NODE_OPTIONS: _loaderOfTap, ...env } = process.env
  const file = join(import.meta.dirname, 'server.ts')
  const server = fork(file, [JSON.stringify(given)], {
    env,
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc']
  })
  t.teardown(() => server.kill('SIGKILL'))
  const [port] = (await once(server, 'message')) as [number]
  return { url: `http://127.0.0.1:${port}`, tell: (what) => void server.send(what) }
}
