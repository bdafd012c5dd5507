// A command in a container and its descendants, as visible in this machine's /proc: processes that belong to its
// session, descend from it, or carry its mark in the environment, which also finds detached ones. Only processes of the
// same container count, so a reused PID does no harm.

import { readdir, readFile } from 'node:fs/promises'
import { sleep } from '../../lib/sleep.ts'

/** The variable that every process of a command inherits. */
export const MARK = 'BERTH_COMMAND'

export type Status = { pid: number; state: string; parent: number; session: number; foreground: number }

const LADDER = ['SIGHUP', 'SIGTERM', 'SIGKILL', 'SIGKILL'] as const
const LOOK_MS = 20
const GONE = new Set(['Z', 'X'])

export type Family = Awaited<ReturnType<typeof findFamily>>

/** Call this while the command runs, since a PID may be reused afterwards. */
export async function findFamily({
  procFolder,
  containerId,
  leader,
  mark
}: {
  procFolder: string
  containerId: string
  leader: number
  mark: string
}) {
  const read = (pid: number, file: string) => readFile(`${procFolder}/${pid}/${file}`, 'latin1').catch(() => '')
  const isHere = (await read(leader, 'cgroup')).includes(containerId)
  const statusOf = async (pid: number) => readStatus(await read(pid, 'stat'))

  async function relativesAmong(pids: number[]): Promise<Status[]> {
    const inContainer = await keepIf(pids, async (pid) => (await read(pid, 'cgroup')).includes(containerId))
    const found = (await Promise.all(inContainer.map(statusOf))).filter((each) => each !== undefined)
    const isMarked = new Set(await keepIf(inContainer, async (pid) => (await read(pid, 'environ')).includes(mark)))
    return relatedTo(found, leader, (pid) => isMarked.has(pid))
  }

  async function relatives(): Promise<Status[]> {
    const names = await readdir(procFolder).catch(() => [])
    return relativesAmong(names.map(Number).filter((pid) => pid > 0))
  }

  async function whenGone(pids: number[], graceMs: number): Promise<void> {
    const isThere = async (pid: number) => !GONE.has((await statusOf(pid))?.state ?? 'X')
    for (const end = performance.now() + graceMs; performance.now() < end; await sleep(LOOK_MS))
      if ((await keepIf(pids, isThere)).length === 0) return
  }

  return {
    /** False when this machine does not show them, or does not permit it. */
    async signalForeground(name: string): Promise<boolean> {
      if (!isHere) return false
      const [status] = await relativesAmong([leader])
      return status !== undefined && status.foreground > 0 && send(-status.foreground, `SIG${name}` as NodeJS.Signals)
    },

    /** As above. */
    async end(graceMs: number): Promise<boolean> {
      if (!isHere) return false
      let family = await relatives()
      for (const signal of LADDER) {
        if (family.length === 0) return true
        if (!family.every(({ pid }) => send(pid, signal))) return false
        await whenGone(
          family.map(({ pid }) => pid),
          graceMs
        )
        family = await relatives()
      }
      return family.length === 0
    }
  }
}

/** Parses a line of /proc/<pid>/stat; the name of a program may contain anything, even parentheses. Pure. */
export function readStatus(line: string): Status | undefined {
  const [state, parent, , session, , foreground] = line.slice(line.lastIndexOf(')') + 2).split(' ')
  if (state === undefined || foreground === undefined) return undefined
  return {
    pid: Number.parseInt(line, 10),
    state,
    parent: Number(parent),
    session: Number(session),
    foreground: Number(foreground)
  }
}

/** The processes of the session, marked ones, and their descendants, without ended ones. Pure. */
export function relatedTo(all: Status[], leader: number, isMarked: (pid: number) => boolean): Status[] {
  const family = new Set<number>()
  const belongs = ({ pid, parent, session }: Status) =>
    pid === leader || session === leader || isMarked(pid) || family.has(parent)
  for (let size = -1; size < family.size;) {
    size = family.size
    for (const each of all) if (belongs(each)) family.add(each.pid)
  }
  return all.filter(({ pid, state }) => family.has(pid) && !GONE.has(state))
}

/** False if it is not permitted. A process that has ended needs no signal. */
function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}

async function keepIf<T>(items: T[], test: (item: T) => Promise<boolean>): Promise<T[]> {
  const kept = await Promise.all(items.map(test))
  return items.filter((_, index) => kept[index])
}
