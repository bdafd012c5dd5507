// Waits for a container: answers as soon as the condition holds, and fails as soon as it can no longer hold.

import type { ContainerRecord } from '../engine/contract/containers.ts'
import type { EngineWorkloads } from '../engine/contract/workloads.ts'
import { AppError, cancellation } from '../errors.ts'
import { sleep } from '../lib/sleep.ts'
import { shortId } from '../inventory/ids.ts'
import type { Inventory } from '../inventory/inventory.ts'
import { probeConnection, probeHttp, type Target } from './readiness.ts'
import type { WaitQuery } from './request-schemas.ts'
import { reachableHost } from './view.ts'

export type Condition = 'running' | 'port' | 'healthy' | 'http' | 'exited' | 'removed'
export type WaitRequest = { condition: Condition; path: string; timeoutMs: number; signal: AbortSignal }

const LAST_LINES = 20
const MAX_LOG_CHARS = 4_000
const PROBE_EVERY_MS = { first: 20, most: 250 }

const LISTEN_ON_ALL =
  'Inside a container a workload must listen on 0.0.0.0: its own 127.0.0.1 is reached by nobody else.'

const DEFAULT_WAIT_SECONDS = 30

export type Waiting = ReturnType<typeof createWaiting>

export function createWaiting({
  inventory,
  engine,
  probeHost
}: {
  inventory: Inventory
  engine: Pick<EngineWorkloads, 'containerLogs'>
  probeHost: string | undefined
}) {
  /** Resolves with the container, or with undefined after a wait for its removal. */
  async function waitFor(id: string, request: WaitRequest): Promise<ContainerRecord | undefined> {
    const timeout = AbortSignal.timeout(Math.ceil(request.timeoutMs))
    const signal = AbortSignal.any([timeout, request.signal])
    const met: { obstacle?: string } = {}
    const record = await (isProbed(request.condition)
      ? probe(id, request, signal, met)
      : watch(id, request.condition, signal))
    if (record !== 'aborted') return record
    if (request.signal.aborted) throw cancellation(request.signal)
    throw await timedOut(id, request, met.obstacle)
  }

  /** States and health come from the inventory, which follows the engine's events. */
  async function watch(
    id: string,
    condition: Condition,
    signal: AbortSignal
  ): Promise<ContainerRecord | undefined | 'aborted'> {
    return new Promise((resolve, reject) => {
      const check = () => {
        const record = inventory.get(id)
        if (!record) return finish(() => (condition === 'removed' ? resolve(undefined) : reject(goneError(id))))
        if (holds(record, condition)) return finish(() => resolve(record))
        if (condition === 'healthy' && record.state === 'running' && record.health === null)
          return finish(() => reject(noHealthcheck(record)))
        if (cannotHold(record, condition)) return finish(() => void exitedError(record).then(reject))
        if (condition === 'healthy' && record.state === 'running' && record.health === 'unhealthy')
          return finish(() => void unhealthyError(record).then(reject))
      }
      const stop = inventory.onChange((change) => {
        if (change.id === id) check()
      })
      const abort = () => finish(() => resolve('aborted'))
      const finish = (settle: () => void) => {
        stop()
        signal.removeEventListener('abort', abort)
        settle()
      }
      if (signal.aborted) return abort()
      signal.addEventListener('abort', abort, { once: true })
      check()
    })
  }

  async function probe(
    id: string,
    { condition, path }: WaitRequest,
    signal: AbortSignal,
    met: { obstacle?: string }
  ): Promise<ContainerRecord | 'aborted'> {
    for (let pause = PROBE_EVERY_MS.first; !signal.aborted; pause = Math.min(pause * 2, PROBE_EVERY_MS.most)) {
      const record = inventory.get(id)
      if (!record) throw goneError(id)
      if (cannotHold(record, condition)) throw await exitedError(record)
      const target = targetOf(record)
      // Before the container runs, another program may answer on its port.
      if (record.state === 'running') {
        const obstacle = await (condition === 'http'
          ? probeHttp(target, path, signal)
          : probeConnection(target, signal))
        const after = obstacle === null ? await inventory.refresh(id) : undefined
        if (after && isSameRun(record, after)) return after
        // A probe that the timeout cut off says nothing about the workload.
        if (obstacle !== null && (!signal.aborted || met.obstacle === undefined)) met.obstacle = obstacle
      }
      await sleep(pause, signal)
    }
    return 'aborted'
  }

  function targetOf(record: ContainerRecord): Target {
    const port = record.ports.find(({ protocol }) => protocol === 'tcp')
    if (!port) {
      throw new AppError('INVALID_REQUEST', `Container ${record.name} has no published TCP port to wait for.`, {
        fields: [{ field: 'wait', message: 'needs a published TCP port' }]
      })
    }
    return { host: probeHost ?? reachableHost(port.hostIp).replace(/^\[|\]$/g, ''), port: port.hostPort }
  }

  async function exitedError(record: ContainerRecord): Promise<AppError> {
    const logs = await lastLines(record)
    const why = record.oomKilled ? ' (out of memory)' : ''
    return new AppError(
      'CONTAINER_EXITED',
      `Container ${record.name} ended with exit code ${record.exitCode}${why}.${said(logs)}`,
      {
        facts: { exit_code: record.exitCode, oom_killed: record.oomKilled, logs }
      }
    )
  }

  async function unhealthyError(record: ContainerRecord): Promise<AppError> {
    const logs = await lastLines(record)
    return new AppError('CONTAINER_UNHEALTHY', `The health check of container ${record.name} fails.${said(logs)}`, {
      facts: { health: record.health, logs }
    })
  }

  async function timedOut(
    id: string,
    { condition, timeoutMs }: WaitRequest,
    obstacle: string | undefined
  ): Promise<AppError> {
    const record = inventory.get(id)
    const logs = record ? await lastLines(record) : ''
    const state = record ? `it is ${record.state}${record.health ? `, ${record.health}` : ''}` : 'it is gone'
    return new AppError(
      'WAIT_TIMEOUT',
      `Container ${record?.name ?? shortId(id)} did not reach "${condition}" within ${timeoutMs / 1000} seconds; ${[state, obstacle].filter(Boolean).join(', and ')}.${obstacle === undefined ? '' : ` ${LISTEN_ON_ALL}`}`,
      {
        facts: { state: record?.state ?? null, health: record?.health ?? null, logs }
      }
    )
  }

  async function lastLines(record: ContainerRecord): Promise<string> {
    const lines: string[] = []
    try {
      const query = { tail: LAST_LINES, stdout: true, stderr: true, follow: false }
      for await (const { text } of engine.containerLogs(record.id, record.tty, query)) lines.push(text)
    } catch {
      return ''
    }
    return lines.join('\n').slice(-MAX_LOG_CHARS)
  }

  /** Warnings about a workload that has already exited before the response. */
  async function lastWords(record: ContainerRecord): Promise<string[]> {
    return hasEnded(record) ? [(await exitedError(record)).message] : []
  }

  return { waitFor, lastWords }
}

export function waitRequest(query: WaitQuery, signal: AbortSignal): WaitRequest {
  const { for: condition = 'exited', path = '/', timeout_seconds: seconds = DEFAULT_WAIT_SECONDS } = query
  return { condition, path, timeoutMs: seconds * 1000, signal }
}

/** A container that exited in the meantime released its port, so another holder may have answered. */
function isSameRun(before: ContainerRecord, after: ContainerRecord): boolean {
  return after.state === 'running' && after.startedAt === before.startedAt
}

export function isProbed(condition: Condition): boolean {
  return condition === 'port' || condition === 'http'
}

export function holds(record: ContainerRecord, condition: Condition): boolean {
  if (condition === 'running') return record.state === 'running'
  if (condition === 'healthy') return record.state === 'running' && record.health === 'healthy'
  if (condition === 'exited') return hasEnded(record)
  return false
}

/** An exited container stays exited; one that the engine restarts may still meet the condition. */
export function cannotHold(record: ContainerRecord, condition: Condition): boolean {
  if (condition === 'exited' || condition === 'removed') return false
  return hasEnded(record)
}

function hasEnded(record: ContainerRecord): boolean {
  return record.state === 'exited' || record.state === 'dead'
}

function noHealthcheck(record: ContainerRecord): AppError {
  return new AppError('INVALID_REQUEST', `Container ${record.name} has no health check to wait for.`, {
    fields: [{ field: 'wait', message: 'needs a health check, of the image or in the request' }]
  })
}

function goneError(id: string): AppError {
  return new AppError('CONTAINER_NOT_FOUND', `Container ${shortId(id)} was removed during the wait.`)
}

function said(logs: string): string {
  return logs ? ` Its last output:\n${logs}` : ' It wrote nothing.'
}
