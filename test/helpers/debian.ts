// What tests need of Debian, had where it is missing. Test files that do so at the same time wait for each other.

import { execFileSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const LOCK = join(tmpdir(), 'berth-test-apt')

export function installPackages(...packages: string[]): void {
  aptGet(['install', '-y', '--no-install-recommends', ...packages])
}

/** Unpacked by nobody: the file of a package, in the folder. */
export function downloadPackage(name: string, folder: string): void {
  aptGet(['download', name], folder)
}

function aptGet(args: string[], cwd?: string): void {
  const run = (...wanted: string[]) => {
    const command = ['flock', LOCK, 'apt-get', '-o', 'DPkg::Lock::Timeout=300', ...wanted]
    const [program = '', ...rest] = process.getuid?.() === 0 ? command : ['sudo', '-n', ...command]
    // Some packages would start a service of their own, which nobody needs here.
    const env = { ...process.env, RUNLEVEL: '1', DEBIAN_FRONTEND: 'noninteractive' }
    execFileSync(program, rest, { cwd, env, stdio: 'pipe' })
  }
  try {
    run(...args)
  } catch {
    // A fresh machine has no list of packages yet, and an old list names versions that are gone.
    run('update')
    run(...args)
  }
}
