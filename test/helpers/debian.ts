// Debian packages that tests need, installed if they are missing. Concurrent test files wait for each other.

import { execFileSync, spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** All packages of the tests, by purpose, without those that Debian only recommends. */
const PACKAGES = {
  browser: ['chromium'],
  btrfs: ['btrfs-progs'],
  busybox: ['busybox-static'],
  certificates: ['openssl'],
  engines: ['debootstrap'],
  gvisor: ['runsc'],
  network: ['slirp4netns'],
  pictures: ['pngquant'],
  // Without catatonit it starts no container with `--init`; Debian only recommends it.
  podman: ['podman', 'crun', 'catatonit', 'containernetworking-plugins'],
  postgres: ['postgresql'],
  prometheus: ['prometheus'],
  python: ['python3'],
  pythonForGrpc: ['python3-grpcio', 'python3-protobuf', 'protobuf-compiler', 'protobuf-compiler-grpc'],
  registry: ['docker-registry'],
  strace: ['strace'],
  swarm: ['iproute2', 'procps', 'curl'],
  xfs: ['xfsprogs']
}
type Purpose = keyof typeof PACKAGES

const LOCK = join(tmpdir(), 'berth-test-apt')

export function installFor(purpose: Purpose): void {
  if (PACKAGES[purpose].every(isInstalled)) return
  aptGet(['install', '-y', '--no-install-recommends', ...PACKAGES[purpose]])
}

function isInstalled(name: string): boolean {
  const { stdout } = spawnSync('dpkg-query', ['--show', '--showformat=${db:Status-Status}', name], { encoding: 'utf8' })
  return stdout === 'installed'
}

/** Only the files of the packages, in the folder. */
export function downloadFor(purpose: Purpose, folder: string): void {
  aptGet(['download', ...PACKAGES[purpose]], folder)
}

function aptGet(args: string[], cwd?: string): void {
  const run = (...wanted: string[]) => {
    const command = ['flock', LOCK, 'apt-get', '-o', 'DPkg::Lock::Timeout=300', ...wanted]
    const [program = '', ...rest] = process.getuid?.() === 0 ? command : ['sudo', '-n', ...command]
    // Some packages would start a service, which no test needs.
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
