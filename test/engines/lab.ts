// An engine of lab.sh, and the tests run on it.

import { execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { installFor } from '../helpers/debian.ts'
import { connect } from '../helpers/engine.ts'
import type { LabEngine } from './engines.ts'
import { readResult, readResults, type FileResult } from './results.ts'

const ROOT = join(import.meta.dirname, '../..')
const LAB = join(import.meta.dirname, 'lab.sh')
const TAP = join(ROOT, 'node_modules/tap/dist/esm/run.mjs')

// An engine that shares a busy machine with others takes its time.
const FILE_SECONDS = 900

type Place = Pick<LabEngine, 'lab' | 'suite' | 'kind'>

const FOLDER = process.env.BERTH_LAB_DIR ?? '/var/cache'

/** Why there can be no lab here; false when there can. */
export const noLab: string | false =
  process.getuid?.() !== 0
    ? 'needs root'
    : !existsSync('/etc/debian_version')
      ? 'needs Debian'
      : execFileSync('stat', ['-f', '-c', '%T', FOLDER], { encoding: 'utf8' }).trim() === 'overlayfs'
        ? `${FOLDER} lies on an overlay; BERTH_LAB_DIR names another folder`
        : false

/** In a Debian that has it. */
export function startLabEngine({ lab, suite, kind }: Place) {
  prepare()
  execFileSync(LAB, ['up', lab, suite, kind], { stdio: 'inherit' })
  return labOf(lab)
}

/** In a Debian that has nothing, by the setup; `log` is what that said. */
export function installFresh({ lab, suite, kind }: Place) {
  prepare()
  installFor('network')
  execFileSync(LAB, ['fresh', lab, suite, kind, process.execPath], { stdio: 'inherit' })
  return { ...labOf(lab), log: () => execFileSync(LAB, ['log', lab], { encoding: 'utf8' }) }
}

/** Nothing can be fetched where the engine's tests run. */
function prepare(): void {
  for (const purpose of ['engines', 'registry', 'busybox', 'pythonForGrpc', 'certificates'] as const)
    installFor(purpose)
}

function labOf(lab: string) {
  const command = (...words: string[]) => ['run', lab, ...words]
  const start = (...args: string[]) =>
    spawn(LAB, command(process.execPath, ...args), {
      cwd: ROOT,
      env: withoutTap(),
      stdio: ['ignore', 'pipe', 'inherit']
    }).stdout
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
      const args = ['--reporter=tap', `--timeout=${FILE_SECONDS}`, `--jobs=${jobs}`, ...files]
      return readResults(start(TAP, ...args), onFile)
    },

    /** Runs one file inside of a run of tests, which another run would disturb. */
    testOne: (file: string): Promise<FileResult> => readResult(start(file), file),

    stop(): void {
      execFileSync(LAB, ['down', lab], { stdio: 'inherit' })
    }
  }
}

/** What the tests of a test do is not among its own results. By themselves they would have half a minute each. */
function withoutTap(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => name !== 'NODE_OPTIONS' && !/^_?TAP_/.test(name))
  return { ...Object.fromEntries(own), TAP_TIMEOUT: String(FILE_SECONDS) }
}
