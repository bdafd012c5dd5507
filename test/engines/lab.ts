// An engine of lab.sh, and the tests run on it.

import { execFileSync, spawn } from 'node:child_process'
import { join } from 'node:path'
import { installFor } from '../helpers/debian.ts'
import { connect } from '../helpers/engine.ts'
import type { LabEngine } from './engines.ts'
import { readResults, type FileResult } from './results.ts'

const ROOT = join(import.meta.dirname, '../..')
const LAB = join(import.meta.dirname, 'lab.sh')
const TAP = join(ROOT, 'node_modules/tap/dist/esm/run.mjs')

// An engine that shares a busy machine with others takes its time.
const FILE_SECONDS = 900

type Place = Pick<LabEngine, 'lab' | 'suite' | 'kind'>

export function startLabEngine({ lab, suite, kind }: Place) {
  // Nothing can be fetched from in there.
  for (const purpose of ['engines', 'registry', 'busybox', 'python', 'certificates'] as const) installFor(purpose)
  execFileSync(LAB, ['up', lab, suite, kind], { stdio: 'inherit' })
  const command = (...words: string[]) => ['run', lab, ...words]

  return {
    /** Runs a program of Node where the engine is the machine's own. */
    node(...args: string[]): void {
      execFileSync(LAB, command(process.execPath, ...args), { cwd: ROOT, stdio: 'inherit' })
    },

    async version(): Promise<{ version: string; api: string }> {
      const host = execFileSync(LAB, command('printenv', 'DOCKER_HOST'), { encoding: 'utf8' })
      const { Version: version, ApiVersion: api } = await connect(host.trim().replace('unix://', '')).version()
      return { version, api }
    },

    /** Runs files of tests; `onFile` hears of each when it is over. */
    test(files: string[], onFile: (file: FileResult) => void = () => {}, jobs = 3): Promise<FileResult[]> {
      const tap = spawn(
        LAB,
        command(process.execPath, TAP, '--reporter=tap', `--timeout=${FILE_SECONDS}`, `--jobs=${jobs}`, ...files),
        {
          cwd: ROOT,
          stdio: ['ignore', 'pipe', 'inherit']
        }
      )
      return readResults(tap.stdout, onFile)
    },

    stop(): void {
      execFileSync(LAB, ['down', lab], { stdio: 'inherit' })
    }
  }
}
