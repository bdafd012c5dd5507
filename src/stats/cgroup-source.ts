// Reads the kernel's own files: no engine call, a fraction of a millisecond for each container. Works where the server sees
// the machine's /proc and /sys/fs/cgroup. Small synchronous reads: these files have no disk behind them, and a promise for
// each would cost more than the reading.

import { closeSync, existsSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import type { ContainerRecord } from '../engine/contract/containers.ts'
import { parseNetDev } from '../lib/net-dev.ts'
import type { Counters, StatsSource } from './counters.ts'
import { parseBlockV1, parseBlockV2, parseCpuV2, parseKeyValues, type BlockCounters } from './parse.ts'

type Measured = Pick<ContainerRecord, 'id' | 'pid' | 'hostNetwork'>
type Reader = { pid: number; read: () => Omit<Counters, 'readAt' | 'clockNs' | 'networks'> }

const BUFFER = Buffer.allocUnsafe(64 * 1024)
const HALF_PAGE = 2048
// Where engines put their containers, with systemd and without.
const USUAL_PLACES = ['', 'system.slice', 'docker', 'machine.slice']

export function createCgroupSource({ procDir, cgroupDir }: { procDir: string; cgroupDir: string }) {
  const readers = new Map<string, Reader>()

  function readerFor({ id, pid }: Measured): Reader | undefined {
    if (pid === null) return undefined
    const known = readers.get(id)
    if (known?.pid === pid) return known
    const lines = readText(join(procDir, String(pid), 'cgroup'))
      .trim()
      .split('\n')
    // A process of another machine or namespace may have the same PID.
    if (!lines.some((line) => line.includes(id))) return undefined
    const reader = { pid, read: readV1(lines, cgroupDir) ?? readV2(lines, cgroupDir) }
    if (!reader.read) return undefined
    readers.set(id, reader as Reader)
    return reader as Reader
  }

  return {
    name: 'cgroup' as const,

    read(record: Measured): Counters | undefined {
      try {
        const reader = readerFor(record)
        if (!reader) return undefined
        const readAt = performance.now()
        const networks = record.hostNetwork ? {} : readNetworks(procDir, reader.pid)
        return { readAt, clockNs: readAt * 1e6, networks, ...reader.read() }
      } catch {
        readers.delete(record.id)
        return undefined
      }
    },

    forget: (id: string) => void readers.delete(id)
  } satisfies StatsSource
}

function readV1(lines: string[], cgroupDir: string): Reader['read'] | undefined {
  const paths = new Map<string, string | undefined>()
  for (const line of lines) {
    const [, controllers = '', path = ''] = line.split(':')
    for (const controller of controllers.split(','))
      paths.set(controller, findGroup(join(cgroupDir, controllers), path))
  }
  const [cpu, memory, pids, block] = ['cpuacct', 'memory', 'pids', 'blkio'].map((name) => paths.get(name))
  if (!cpu || !memory || !pids || !block || !existsSync(join(memory, 'memory.usage_in_bytes'))) return undefined
  // The scheduler's own file where it exists, as runc reads it; it stays empty without the scheduler.
  const blockFiles = ['blkio.bfq.io_service_bytes_recursive', 'blkio.throttle.io_service_bytes_recursive'].map((name) =>
    join(block, name)
  )
  return () => {
    const stat = parseKeyValues(readText(join(memory, 'memory.stat')))
    return {
      cpuNs: Number(readText(join(cpu, 'cpuacct.usage'))),
      memoryUsage: Number(readText(join(memory, 'memory.usage_in_bytes'))),
      inactiveFile: stat.get('total_inactive_file') ?? 0,
      cache: stat.get('total_cache') ?? 0,
      pids: Number(readText(join(pids, 'pids.current'))),
      ...firstBlock(blockFiles)
    }
  }
}

function readV2(lines: string[], cgroupDir: string): Reader['read'] | undefined {
  const path = lines.find((line) => line.startsWith('0::'))?.slice(3)
  const folder = path === undefined ? undefined : findGroup(cgroupDir, path)
  if (folder === undefined || !existsSync(join(folder, 'memory.current'))) return undefined
  return () => {
    const stat = parseKeyValues(readText(join(folder, 'memory.stat')))
    return {
      cpuNs: parseCpuV2(readText(join(folder, 'cpu.stat'))),
      memoryUsage: Number(readText(join(folder, 'memory.current'))),
      inactiveFile: stat.get('inactive_file') ?? 0,
      cache: stat.get('file') ?? 0,
      pids: Number(readText(join(folder, 'pids.current'))),
      ...parseBlockV2(readIfThere(join(folder, 'io.stat')))
    }
  }
}

/**
 * The folder of a group. A server in its own cgroup namespace, the default for containers on cgroup v2, sees paths
 * relative to its own group (`/../docker-….scope`).
 */
function findGroup(root: string, path: string): string | undefined {
  const below = path.replace(/^(\/\.\.)+/, '')
  const places = below === path ? [''] : USUAL_PLACES
  return places.map((place) => join(root, place, below)).find((folder) => existsSync(folder))
}

function firstBlock(files: string[]): BlockCounters {
  for (const file of files) {
    const counters = parseBlockV1(readIfThere(file))
    if (counters.blockReadBytes > 0 || counters.blockWriteBytes > 0) return counters
  }
  return { blockReadBytes: 0, blockWriteBytes: 0 }
}

function readNetworks(procDir: string, pid: number): Counters['networks'] {
  return parseNetDev(readText(join(procDir, String(pid), 'net/dev')))
}

/** The kernel returns a long list page by page; a page that is not nearly full is the last one. */
function readText(file: string): string {
  const descriptor = openSync(file, 'r')
  try {
    let length = 0
    for (let read = HALF_PAGE; read >= HALF_PAGE; length += read)
      read = readSync(descriptor, BUFFER, length, BUFFER.length - length, null)
    return BUFFER.toString('latin1', 0, length)
  } finally {
    closeSync(descriptor)
  }
}

function readIfThere(file: string): string {
  try {
    return readText(file)
  } catch {
    return ''
  }
}
