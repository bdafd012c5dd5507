// The cgroup that limits builds. The operator creates it, and again after each reboot of the machine.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The engine's API cannot assign BuildKit a cgroup. Without systemd its steps run in one of this name, so limits on it
 * apply to both builders.
 */
export function holdsBuildKit(parent: string | undefined): boolean {
  return parent === undefined || parent.endsWith('/buildkit')
}

/** The reason why it does not limit builds. Undefined if it does, or if this is not visible from here. */
export function cgroupProblem(parent: string, cgroupDir: string): string | undefined {
  const root = [join(cgroupDir, 'pids'), cgroupDir].find((folder) => existsSync(join(folder, 'cgroup.procs')))
  // The root group has no limit; a group with limits belongs to a container.
  if (root === undefined || existsSync(join(root, 'pids.max'))) return undefined
  const file = join(root, pathOf(parent), 'pids.max')
  if (!existsSync(file)) return `there is no ${file}: make the cgroup first`
  if (readFileSync(file, 'utf8').trim() === 'max') return `${file} sets no limit of processes`
  return undefined
}

/** systemd puts `a-b.slice` below `a.slice`. */
function pathOf(parent: string): string {
  if (!parent.endsWith('.slice')) return parent
  const words = parent.slice(0, -'.slice'.length).split('-')
  return words.map((_word, index) => `${words.slice(0, index + 1).join('-')}.slice`).join('/')
}
