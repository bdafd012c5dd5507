// Keeps one connection to the engine: finds it, negotiates an API version, and notices its loss and its return.

import { AppError } from '../../errors.ts'
import { sleep } from '../../lib/sleep.ts'
import type { EngineStatus } from '../contract/availability.ts'
import { createClient, type Client } from './client.ts'
import { exchange } from './exchange.ts'
import { TimeoutError } from './failures.ts'
import { describeAddress, type EngineAddress } from './locate.ts'
import { request } from './request.ts'
import { readVersion, type RawVersion } from './schemas/version.ts'
import { whyUnreachable } from './unreachable.ts'
import { agree, oldestNamedIn } from './versions.ts'

const PING_TIMEOUT_MS = 2_000
// An engine that answers the ping is available. Podman on a busy machine took over two seconds to report its version.
const VERSION_TIMEOUT_MS = 10_000
const RETRY_MS = 1_000
const WATCH_MS = 2_000
const HANG_MS = 5_000
const LEAST_WAIT_MS = 100
const CALL_SOCKETS = 64

type Log = { info(fields: object, message: string): void; warn(fields: object, message: string): void }
export type Connection = ReturnType<typeof createConnection>

type Options = {
  candidates: EngineAddress[]
  log: Log
  /** Between two pings. */
  watchMs?: number
  /** Without an answer to anything. */
  hangMs?: number
}
type Live = { calls: Client; streams: Client; name: string; version: string; apiVersion: string }

export function createConnection({ candidates, log, watchMs = WATCH_MS, hangMs = HANG_MS }: Options) {
  let live: Live | undefined
  let lost = { reason: 'not tried yet', since: new Date().toISOString() }
  const waiters = new Set<() => void>()
  const watchers = new Set<(status: EngineStatus) => void>()
  let connecting: Promise<void> | undefined
  const closed = new AbortController()
  let hanging = new AbortController()

  async function connect(): Promise<void> {
    const reasons: string[] = []
    for (const address of candidates) {
      try {
        live = await open(address)
        const { name, version, apiVersion } = live
        log.info(
          { engine: describeAddress(address), source: address.source, name, version, apiVersion },
          'engine connected'
        )
        for (const wake of [...waiters]) wake()
        tell()
        return
      } catch (error) {
        reasons.push(`${describeAddress(address)}: ${whyUnreachable(error)}`)
      }
    }
    const reason = reasons.join('; ')
    if (reason !== lost.reason) log.warn({ reason }, 'engine does not answer')
    lost = { ...lost, reason }
  }

  async function keepTrying(): Promise<void> {
    while (!live && !closed.signal.aborted) {
      await connect()
      if (!live) await sleep(RETRY_MS, closed.signal)
    }
  }

  function reconnect(): Promise<void> {
    connecting ??= keepTrying().finally(() => (connecting = undefined))
    return connecting
  }

  function lose(reason: string): void {
    if (!live || closed.signal.aborted) return
    live.calls.retire()
    live.streams.retire()
    live = undefined
    lost = { reason, since: new Date().toISOString() }
    log.warn({ reason }, 'engine lost')
    tell()
    void reconnect()
  }

  // A hanging engine still accepts connections, so only an unanswered ping reveals it.
  async function watch(): Promise<void> {
    while (!closed.signal.aborted) {
      await sleep(watchMs, closed.signal)
      const watched = live
      if (!watched) continue
      const reason = await findChange(watched, hangMs)
      if (reason === undefined || live !== watched) continue
      lose(reason)
      hanging.abort(new AppError('ENGINE_UNAVAILABLE', `The Docker engine stopped answering (${reason}).`))
      hanging = new AbortController()
    }
  }

  function status(): EngineStatus {
    const address = live?.calls.address ?? candidates[0]
    if (!live) return { available: false, address: address ? describeAddress(address) : null, ...lost }
    const { calls, name, version, apiVersion } = live
    return {
      available: true,
      address: describeAddress(calls.address),
      source: calls.address.source,
      name,
      version,
      apiVersion
    }
  }

  function tell(): void {
    for (const watcher of watchers) watcher(status())
  }

  return {
    /** Makes the first attempt; returns whether an engine answered. Further attempts run in the background. */
    async start(): Promise<boolean> {
      await connect()
      if (!live) void reconnect()
      void watch()
      return live !== undefined
    },

    /** The client for calls, or for streams, which hold a socket each and must not exhaust those of calls. */
    client(kind: 'calls' | 'streams' = 'calls'): Client {
      if (!live)
        throw new AppError(
          'ENGINE_UNAVAILABLE',
          `The Docker engine does not answer (${lost.reason}). Berth keeps trying.`
        )
      return live[kind]
    },

    /** Aborted when the engine hangs or is exchanged, for streams that would not notice. */
    hangs: (): AbortSignal => hanging.signal,

    /** Call this when a call or stream lost the engine. */
    lost: lose,

    async whenAvailable(signal: AbortSignal): Promise<void> {
      while (!live) {
        signal.throwIfAborted()
        await new Promise<void>((resolve) => {
          const wake = () => {
            waiters.delete(wake)
            signal.removeEventListener('abort', wake)
            resolve()
          }
          waiters.add(wake)
          signal.addEventListener('abort', wake)
        })
      }
    },

    status,
    /** Its Docker API differs from Docker's in places. */
    isPodman: (): boolean => live !== undefined && /podman/i.test(live.name),
    onStatus: (watcher: (status: EngineStatus) => void): void => void watchers.add(watcher),

    close(): void {
      closed.abort()
      live?.calls.close()
      live?.streams.close()
      live = undefined
      for (const wake of [...waiters]) wake()
    }
  }
}

/**
 * Why Berth must reconnect: the engine does not answer, or another version replaced it. One that answers other calls
 * is only busy: it is lost when it has said nothing at all for that long.
 */
async function findChange({ calls, streams, apiVersion }: Live, hangMs: number): Promise<string | undefined> {
  for (let waitMs = hangMs; ;) {
    try {
      const agreed = agree({ newest: await newestApiOf(calls.address, waitMs) })
      return agreed === apiVersion ? undefined : `it speaks API ${agreed} now and no longer ${apiVersion}`
    } catch (error) {
      if (!(error instanceof TimeoutError)) return whyUnreachable(error)
      const silentMs = performance.now() - Math.max(calls.heardAt(), streams.heardAt())
      if (silentMs >= hangMs) return whyUnreachable(noAnswer(hangMs))
      waitMs = Math.max(hangMs - silentMs, LEAST_WAIT_MS)
    }
  }
}

const noAnswer = (timeoutMs: number): Error => new Error(`no answer in ${timeoutMs / 1000} seconds`)

async function open(address: EngineAddress): Promise<Live> {
  const newest = await newestApiOf(address, PING_TIMEOUT_MS).catch((error: unknown) => {
    throw error instanceof TimeoutError ? noAnswer(PING_TIMEOUT_MS) : error
  })
  const apiVersion = agree({ newest })
  const calls = createClient(address, apiVersion, CALL_SOCKETS)
  try {
    const version = await request(calls, {
      method: 'GET',
      path: '/version',
      what: 'say its version',
      timeoutMs: VERSION_TIMEOUT_MS,
      answer: readVersion
    })
    const streams = createClient(address, apiVersion, Infinity)
    return { calls, streams, name: nameOf(version), version: version.Version, apiVersion }
  } catch (error) {
    calls.close()
    if (error instanceof Error) agree({ newest, oldest: oldestNamedIn(error.message) })
    throw error
  }
}

/** Docker calls itself "Engine" here and has details under Platform, where Podman names the operating system. */
function nameOf({ Components: components, Platform: platform }: RawVersion): string {
  const component = components?.[0]?.Name
  return component && component !== 'Engine' ? component : platform?.Name || 'Docker Engine'
}

/** Asks /_ping, the one path that exists in every API version, for the newest version the engine speaks. */
async function newestApiOf(address: EngineAddress, timeoutMs: number): Promise<string> {
  const client = createClient(address, undefined, 1)
  try {
    return await exchange(client, { method: 'GET', path: '/_ping', timeoutMs }, async ({ statusCode, headers }) => {
      const version = headers['api-version']
      if (statusCode === 200 && typeof version === 'string') return version
      throw new Error(`it is not a Docker engine (status ${statusCode})${protocolHint(address, statusCode)}`)
    })
  } finally {
    client.close()
  }
}

/** An engine with TLS answers 400 to a client without it. */
function protocolHint(address: EngineAddress, status: number | undefined): string {
  const isClear = address.kind === 'tcp' && address.protocol === 'http'
  return isClear && status === 400 ? ', or one that speaks TLS: set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH' : ''
}
