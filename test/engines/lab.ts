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

// An engine that shares a busy machine with others is slow.
const FILE_SECONDS = 900

type Place = Pick<LabEngine, 'lab' | 'suite' | 'kind'>

const FOLDER = process.env.BERTH_LAB_DIR ?? '/var/cache'

/** The reason why a lab is impossible here, or false. */
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

/** In a bare Debian, by the setup; `log` is the setup's output. */
export function installFresh({ lab, suite, kind }: Place) {
  prepare()
  installFor('network')
  execFileSync(LAB, ['fresh', lab, suite, kind, process.execPath], { stdio: 'inherit' })
  return { ...labOf(lab), log: () => execFileSync(LAB, ['log', lab], { encoding: 'utf8' }) }
}

/** The tests of an engine run without a network to fetch from. */
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
    /** Runs a Node program on the machine of the engine. */
    node(...args: string[]): void {
      execFileSync(LAB, command(process.execPath, ...args), { cwd: ROOT, stdio: 'inherit' })
    },

    async version(): Promise<{ version: string; api: string }> {
      const host = execFileSync(LAB, command('printenv', 'DOCKER_HOST'), { encoding: 'utf8' })
      const { Version: version, ApiVersion: api } = await connect(host.trim().replace('unix://', '')).version()
      return { version, api }
    },

    /** Runs test files; `onFile` gets the result of each. */
    test(files: string[], onFile: (file: FileResult) => void = () => {}, jobs = 3): Promise<FileResult[]> {
      const args = ['--reporter=tap', `--timeout=${FILE_SECONDS}`, `--jobs=${jobs}`, ...files]
      return readResults(start(TAP, ...args), onFile)
    },

    /** Runs one file within a test run, which a second run would disturb. */
    testOne: (file: string): Promise<FileResult> => readResult(start(file), file),

    stop(): void {
      execFileSync(LAB, ['down', lab], { stdio: 'inherit' })
    }
  }
}

/** Without the settings of the outer tap, which would collect the results. Its timeout of half a minute is too short. */
function withoutTap(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => name !== 'NODE_OPTIONS' && !/^_?TAP_/.test(name))
  return { ...Object.fromEntries(own), TAP_TIMEOUT: String(FILE_SECONDS) }
}
