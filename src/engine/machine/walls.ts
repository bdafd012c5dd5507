// Maintains the firewall around the bridges of owners, and checks whether it works. Without it nothing is created.

import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { AppError } from '../../errors.ts'
import { sleep } from '../../lib/sleep.ts'
import type { EngineAvailability } from '../contract/availability.ts'
import type { EngineNetworks } from '../contract/networks.ts'
import { writeFacts } from '../labels.ts'
import { BRIDGE_PREFIX } from '../network-names.ts'
import type { Firewall } from './firewall.ts'

const WATCH_MS = 10_000

export type Walls = ReturnType<typeof createWalls>

type Options = {
  engine: Pick<EngineAvailability, 'status' | 'onStatus'> & EngineNetworks
  firewall: Firewall
  instanceId: string
  log: { warn(fields: object, message: string): void; error(fields: object, message: string): void }
  /** This machine's list of its interfaces. */
  interfaces?: () => Promise<string>
  watchMs?: number
}

export function createWalls({
  engine,
  firewall,
  instanceId,
  log,
  interfaces = readInterfaces,
  watchMs = WATCH_MS
}: Options) {
  let gap: string | undefined = 'the engine was not seen yet'
  const closed = new AbortController()

  /** Whether the engine creates its bridges on the machine of the firewall. */
  async function seeBridge(): Promise<void> {
    const { name } = { name: '', ...engine.status() }
    if (/podman/i.test(name)) throw new Error('Podman cannot name bridges as Docker does')
    const known = (await engine.listNetworks()).find(({ bridge }) => bridge?.startsWith(BRIDGE_PREFIX))
    if (known?.bridge) return checkIsHere(known.bridge)
    const bridge = BRIDGE_PREFIX + randomBytes(5).toString('hex')
    const labels = writeFacts({ managed: true, instance: instanceId })
    const id = await engine.createNetwork({ name: `berth-check-${bridge}`, internal: true, labels, bridge })
    try {
      await checkIsHere(bridge)
    } finally {
      await engine.removeNetwork(id)
    }
  }

  async function checkIsHere(bridge: string): Promise<void> {
    if ((await interfaces()).includes(`${bridge}:`)) return
    throw new Error(
      'a bridge of the engine does not appear here: Berth must run on its machine, in the network of the host'
    )
  }

  /** Throws with the reason why there is none. */
  async function raise(): Promise<void> {
    try {
      await firewall.raise()
      if (engine.status().available) {
        await seeBridge()
        gap = undefined
      }
    } catch (error) {
      gap = error instanceof Error ? error.message : String(error)
      throw error
    }
  }

  async function raiseAgain(): Promise<void> {
    const before = gap
    try {
      await raise()
    } catch (err) {
      if (gap !== before) log.error({ err }, 'owners cannot be isolated, so nothing is created')
    }
  }

  async function look(): Promise<void> {
    const stands = await firewall.stands().catch(() => false)
    if (stands && gap === undefined) return
    if (!stands) log.warn({}, 'the rules that isolate owners were changed by others; making them anew')
    await raiseAgain()
  }

  async function watch(): Promise<void> {
    while (!closed.signal.aborted) {
      await sleep(watchMs, closed.signal)
      if (!closed.signal.aborted) await look()
    }
  }

  return {
    raise,

    /** Throws while owners are not isolated. */
    check(): void {
      if (gap !== undefined)
        throw new AppError('ISOLATION_UNAVAILABLE', `The policy isolates owners, and this server cannot: ${gap}.`)
    },

    start(): void {
      engine.onStatus(({ available }) => {
        if (available) void raiseAgain()
      })
      void watch()
    },
    stop: (): void => closed.abort()
  }
}

const readInterfaces = (): Promise<string> => readFile('/proc/net/dev', 'utf8')
