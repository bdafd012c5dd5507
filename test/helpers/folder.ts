// Temporary folders of tests. A name contains the PID of its process, so that leftovers of a killed run differ from folders
// in use.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isAlive } from './process.ts'

const made: string[] = []
process.on('exit', () => made.forEach(remove))

/** Removed at the end of the process, unless its test removed it before. */
export function makeFolder(name: string): string {
  // private-engine.ts handles the folders of engines, which have mounts.
  if (made.length === 0)
    leftOvers()
      .filter((folder) => !folder.includes('-engine-'))
      .forEach(remove)
  const folder = mkdtempSync(join(tmpdir(), `berth-test-${process.pid}-${name}-`))
  made.push(folder)
  return folder
}

/** The folders of processes that have ended. */
export function leftOvers(): string[] {
  const isLeft = (name: string) => {
    const pid = /^berth-test-(\d+)-/.exec(name)?.[1]
    return pid !== undefined && !isAlive(Number(pid))
  }
  return readdirSync(tmpdir())
    .filter(isLeft)
    .map((name) => join(tmpdir(), name))
}

function remove(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true })
  } catch {
    // It belongs to another user or is in use: the next run retries.
  }
}
