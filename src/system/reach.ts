// A server in a container that listens on loopback is unreachable, unless it is in the network of the host.

import { isPrivate, type Config } from '../config.ts'
import type { Inventory } from '../inventory/inventory.ts'

type Options = {
  inventory: Pick<Inventory, 'get' | 'onChange'>
  /** The container this server runs in, if it does. */
  ownId: string | undefined
  config: Pick<Config, 'host' | 'socket'>
  log: { warn(fields: object, message: string): void }
}

/** Logs it once, as soon as it is known. */
export function warnOutOfReach({ inventory, ownId, config, log }: Options): void {
  if (ownId === undefined || config.socket !== undefined || !isPrivate(config)) return
  const stop = inventory.onChange(({ id }) => {
    const record = id === ownId ? inventory.get(id) : undefined
    if (!record) return
    stop()
    if (!record.hostNetwork)
      log.warn(
        { host: config.host },
        'listening on loopback inside a container with a network of its own, which published ports (-p) do not reach: set BERTH_HOST=0.0.0.0 (docs/operations.md) or use --network host'
      )
  })
}
