// Folders of tests among the machine's temporary ones. A name holds the number of the process that made it, so that what a
// killed run left can be told from what is in use.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isAlive } from './process.ts'

const made: string[] = []
process.on('exit', () => made.forEach(remove))

/** Goes at the end of the process, if its test did not remove it before. */
export function makeFolder(name: string): string {
  // The files of an engine are more than a folder: private-engine.ts looks after them.
  if (made.length === 0)
    leftOvers()
      .filter((folder) => !folder.includes('-engine-'))
      .forEach(remove)
  const folder = mkdtempSync(join(tmpdir(), `berth-test-${process.pid}-${name}-`))
  made.push(folder)
  return folder
}

/** The folders of processes that are no more. */
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
    // Somebody else's, or in use: the next run tries again.
  }
}
