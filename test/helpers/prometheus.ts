// A real Prometheus and promtool: the installed ones, or Debian's package, unpacked beside the modules.

import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { downloadFor } from './debian.ts'
import { eventually } from './engine.ts'
import { makeFolder } from './folder.ts'
import { freePort } from './port-ranges.ts'

const CACHE = join(import.meta.dirname, '../../node_modules/.cache')
const UNPACKED = join(CACHE, 'prometheus')

/** The folder of both programs, or the reason why there is none. */
export function findPrometheus(): { folder: string } | { missing: string } {
  const installed = spawnSync('which', ['prometheus', 'promtool'], { encoding: 'utf8' })
  if (installed.status === 0) return { folder: join(installed.stdout.split('\n')[0] ?? '', '..') }
  const folder = join(UNPACKED, 'usr/bin')
  if (existsSync(folder)) return { folder }
  try {
    unpackPackage()
    return { folder }
  } catch (error) {
    return { missing: `Prometheus is not installed and could not be had: ${String(error).split('\n')[0]}` }
  }
}

/** Test files may do so concurrently. */
function unpackPackage(): void {
  mkdirSync(CACHE, { recursive: true })
  const folder = mkdtempSync(join(CACHE, 'prometheus-'))
  try {
    downloadFor('prometheus', folder)
    const [file = ''] = readdirSync(folder)
    execFileSync('dpkg-deb', ['-x', join(folder, file), join(folder, 'unpacked')], { stdio: 'pipe' })
    if (!existsSync(UNPACKED)) renameSync(join(folder, 'unpacked'), UNPACKED)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

export type Series = { metric: Record<string, string>; value: [time: number, value: string] }
type Target = { health: string; lastError: string }

/** Scrapes a server every second, with the token, and ends with the test. */
export async function startPrometheus(
  t: Test,
  { folder, target, token }: { folder: string; target: string; token: string }
) {
  const home = makeFolder('prometheus')
  const address = `127.0.0.1:${freePort()}`
  writeFileSync(join(home, 'token'), token)
  writeFileSync(join(home, 'prometheus.yml'), configuration(target, join(home, 'token')))
  const args = [
    `--config.file=${join(home, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(home, 'data')}`,
    `--web.listen-address=${address}`
  ]
  const child: ChildProcess = spawn(join(folder, 'prometheus'), args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let output = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (output += text))
  t.teardown(async () => {
    if (child.exitCode === null) {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    rmSync(home, { recursive: true })
  })

  async function ask<T>(path: string): Promise<T> {
    if (child.exitCode !== null) throw new Error(`prometheus ended: ${output.slice(-1_000)}`)
    const answer = await fetch(`http://${address}/api/v1/${path}`)
    const { status, data, error } = (await answer.json()) as { status: string; data: T; error?: string }
    if (status !== 'success') throw new Error(error)
    return data
  }

  await eventually(() => ask('targets'))
  return {
    query: async (expression: string): Promise<Series[]> =>
      (await ask<{ result: Series[] }>(`query?query=${encodeURIComponent(expression)}`)).result,
    target: async (): Promise<Target | undefined> =>
      (await ask<{ activeTargets: Target[] }>('targets')).activeTargets[0]
  }
}

function configuration(target: string, tokenFile: string): string {
  return `scrape_configs:
  - job_name: berth
    scrape_interval: 1s
    scrape_timeout: 1s
    static_configs:
      - targets: ['${target}']
    authorization:
      credentials_file: ${tokenFile}
`
}
