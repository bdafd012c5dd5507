// Warns the operator about containers from before the policy isolated owners, which stay on their networks.

import type { Inventory } from '../inventory/inventory.ts'
import type { NetworkService } from './service.ts'

type Options = {
  inventory: Pick<Inventory, 'whenKnown'>
  networks: Pick<NetworkService, 'unwalled'>
  log: { warn(fields: object, message: string): void }
}

/** Once, as soon as all containers are known. */
export function warnOfUnwalled({ inventory, networks, log }: Options): void {
  async function look(): Promise<void> {
    await inventory.whenKnown()
    const containers = (await networks.unwalled()).map(({ name }) => name)
    if (containers.length > 0)
      log.warn({ containers }, 'these containers are not isolated, unlike new ones: remove them and create them again')
  }
  look().catch((err: unknown) => log.warn({ err }, 'whether all containers are isolated is not known'))
}
