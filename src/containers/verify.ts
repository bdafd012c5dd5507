// Compares the requested restrictions of a container with the engine's inspection. Pure.

import type { ContainerRecord, ContainerSpec, Limits } from '../engine/contract/containers.ts'
import { DEFAULT_NETWORKS } from '../engine/network-names.ts'
import { AppError } from '../errors.ts'

// Podman keeps CPUs as a quota of whole microseconds.
const CPUS_EXACTNESS = 0.001

/** For a new container: throws if it differs from the request. */
export function checkMade(record: ContainerRecord, spec: ContainerSpec): void {
  const { limits, network, readOnlyRoot, runtime } = spec
  // An engine whose kernel has no weights drops the weight, and creates the container.
  if (limits.ioWeight !== null && record.limits.ioWeight === null)
    throw new AppError('LIMIT_UNAVAILABLE', "The kernel of the engine's machine has no weights for block I/O.")
  checkApplied(record, limits)
  const missing = [
    ...(readOnlyRoot && !record.readOnlyRoot ? ['the read-only root file system'] : []),
    ...(runtime !== undefined && runtime !== record.runtime ? [`the runtime ${runtime}`] : [])
  ]
  if (missing.length > 0) throw notApplied(record, missing, [])
  const expected = network ? [network.name] : DEFAULT_NETWORKS
  const strays = record.networks.filter(({ name }) => !expected.includes(name))
  if (strays.length > 0)
    throw notApplied(
      record,
      [],
      strays.map(({ name }) => `a place on the network ${name}`)
    )
}

/** Throws if a limit is missing or wider than requested, or if the container lacks a restriction of Berth's. */
export function checkApplied(record: ContainerRecord, imposed: Partial<Limits>): void {
  const { limits, freedoms } = record
  const isKept = (actual: number | null, wanted: number | null | undefined, exactness = 0) =>
    wanted === undefined || wanted === null || (actual !== null && actual <= wanted + exactness)
  const missing = [
    ...(isKept(limits.memoryBytes, imposed.memoryBytes) ? [] : ['the memory limit']),
    ...(isKept(limits.cpus, imposed.cpus, CPUS_EXACTNESS) ? [] : ['the CPU limit']),
    ...(isKept(limits.pids, imposed.pids) ? [] : ['the process limit']),
    ...(isKept(limits.nofile, imposed.nofile) ? [] : ['the limit of open files']),
    ...(isKept(limits.storageBytes, imposed.storageBytes) ? [] : ['the storage limit']),
    ...(isKept(limits.ioWeight, imposed.ioWeight) ? [] : ['the weight of block I/O'])
  ]
  if (missing.length > 0 || freedoms.length > 0) throw notApplied(record, missing, freedoms)
}

function notApplied({ name }: ContainerRecord, missing: string[], freedoms: string[]): AppError {
  const reasons = [
    ...(missing.length > 0 ? [`it lacks ${missing.join(', ')}`] : []),
    ...(freedoms.length > 0 ? [`it has ${freedoms.join(', ')}`] : [])
  ]
  return new AppError(
    'POLICY_NOT_APPLIED',
    `The engine did not isolate the container ${name} as requested: ${reasons.join('; ')}.`,
    { facts: { missing, freedoms } }
  )
}
