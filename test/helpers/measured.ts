// Containers with a known load, and their figures from the engine and the docker CLI.

import { execFile } from 'node:child_process'
import { readlinkSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type Docker from 'dockerode'
import type { Test } from 'tap'
import type { RawStats } from '../../src/engine/docker/schemas/workloads.ts'
import type { ContainerStats } from '../../src/stats/schemas.ts'
import { docker, eventually, ignoreMissing, IMAGE } from './engine.ts'
import type { Server } from './server.ts'

export const BUSY = ['sh', '-c', 'while :; do :; done']
export const IDLE = ['sleep', '3600']
export const MIB = 1024 ** 2

/** A container with settings that Berth does not offer, removed at the end of the test. */
export async function run(
  t: Pick<Test, 'teardown'>,
  { command = IDLE, ...host }: { command?: string[] } & Docker.HostConfig = {}
): Promise<{ id: string; container: Docker.Container }> {
  const container = await docker.createContainer({ Image: IMAGE, Cmd: command, HostConfig: host })
  t.teardown(() => ignoreMissing(container.remove({ force: true, v: true })))
  await container.start()
  return { id: container.id, container }
}

/** Runs a command in a container, to its end. */
export async function runIn(id: string, ...command: string[]): Promise<void> {
  const exec = await docker.getContainer(id).exec({ Cmd: command, AttachStdout: true, AttachStderr: true })
  const output = await exec.start({})
  output.resume()
  await new Promise((resolve) => output.on('end', resolve))
  const { ExitCode: code } = await exec.inspect()
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}`)
}

/** The engine's own figures with their time. CPU is the used time and the time of one core. */
export async function engineFigures(id: string) {
  const query = { stream: false, 'one-shot': true } as { stream: false }
  const answer = (await docker.getContainer(id).stats(query)) as unknown as RawStats & { read: string }
  const { cpu_stats: cpu, memory_stats: memory, pids_stats: pids } = answer
  const usage = memory?.usage ?? 0
  const stats = memory?.stats ?? {}
  return {
    at: Date.parse(answer.read),
    cpuNs: cpu?.cpu_usage?.total_usage ?? 0,
    coreNs: (cpu?.system_cpu_usage ?? 0) / (cpu?.online_cpus ?? 1),
    memoryBytes: usage - (stats.total_inactive_file ?? stats.inactive_file ?? 0),
    pids: pids?.current
  }
}

export type CliStats = { cpuPercent: number; memory: string; memoryPercent: number; pids: number }

/** One round of `docker stats`, or undefined without a docker CLI. */
export async function dockerStats(ids: string[]): Promise<Map<string, CliStats> | undefined> {
  const { stdout } = await promisify(execFile)('docker', [
    'stats',
    '--no-stream',
    '--no-trunc',
    '--format',
    '{{json .}}',
    ...ids
  ]).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return { stdout: undefined }
    throw error
  })
  if (stdout === undefined) return undefined
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<'ID' | 'CPUPerc' | 'MemUsage' | 'MemPerc' | 'PIDs', string>)
  return new Map(
    rows.map((row) => [
      row.ID,
      {
        cpuPercent: Number.parseFloat(row.CPUPerc),
        memory: row.MemUsage.split(' / ')[0] ?? '',
        memoryPercent: Number.parseFloat(row.MemPerc),
        pids: Number(row.PIDs)
      }
    ])
  )
}

/** Bytes as the docker CLI writes them: four digits, powers of 1024. */
export function asCli(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB']
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${Number(value.toPrecision(4))}${units[unit]}`
}

export function statsOf(server: Server, id: string): Promise<ContainerStats> {
  return eventually(async () => {
    const { status, body, text } = await server.get<ContainerStats>(`/containers/${id}/stats`)
    if (status !== 200) throw new Error(text)
    return body
  })
}

/** The figures once they fulfil the condition; samples are up to a second old. */
export function statsWhen(
  server: Server,
  id: string,
  isSo: (stats: ContainerStats) => boolean,
  limitMs = 60_000
): Promise<ContainerStats> {
  return eventually(async () => {
    const stats = await statsOf(server, id)
    if (!isSo(stats)) throw new Error(`not so: ${isSo} of ${JSON.stringify(stats)}`)
    return stats
  }, limitMs)
}

export type Point = { at: number; percent: number }

export async function pointsOf(server: Server, id: string): Promise<Point[]> {
  type History = { points: { sampled_at: string; cpu_percent: number }[] }
  const { points } = (await server.get<History>(`/containers/${id}/stats/history`)).body
  return points.map((point) => ({ at: Date.parse(point.sampled_at), percent: point.cpu_percent }))
}

/** The average over a period; a sample covers the time since the previous one. */
export function averageOf(points: Point[], from: number, to: number): number {
  let sum = 0
  for (const [index, { at, percent }] of points.entries()) {
    const start = Math.max(from, points[index - 1]?.at ?? at)
    const end = Math.min(to, at)
    if (end > start) sum += percent * (end - start)
  }
  return sum / (to - from)
}

export const isNear = (found: number, expected: number, share: number) =>
  Math.abs(found - expected) <= Math.abs(expected) * share

/** The disk of the engine's files, in the form that the engine takes. */
export async function engineDisk(): Promise<string | undefined> {
  try {
    const { DockerRootDir: folder } = (await docker.info()) as { DockerRootDir: string }
    const { dev } = statSync(folder)
    const device = readlinkSync(`/sys/dev/block/${(dev >> 8) & 0xfff}:${dev & 0xff}`)
    const isPartition = statSync(join('/sys/dev/block', device, 'partition'), { throwIfNoEntry: false }) !== undefined
    return `/dev/${basename(isPartition ? dirname(device) : device)}`
  } catch {
    return undefined
  }
}
