// Combines the parts of containers.

import type { HeldBytes } from '../access/held-bytes.ts'
import type { Policy } from '../access/policy.ts'
import type { Config } from '../config.ts'
import type { Engine } from '../engine/contract/engine.ts'
import type { Inventory } from '../inventory/inventory.ts'
import type { PortService } from '../ports/service.ts'
import type { Store } from '../store/contract/store.ts'
import { createAttempts } from './attempts.ts'
import { createMaker, type Images, type Networks } from './create.ts'
import { createExpiry } from './expiry.ts'
import { createCreator } from './idempotency.ts'
import { createOwnData, type OwnPlaces } from './own-data.ts'
import { createQuota } from './quota.ts'
import { createRemoval } from './removal.ts'
import { createReplacer } from './replace.ts'
import { warnOfMissingRuntimes } from './runtimes.ts'
import { createContainerService } from './service.ts'
import { createSettling } from './settling.ts'
import { createVolumes } from './volumes.ts'
import { createWaiting } from './wait.ts'

type Options = {
  config: Config
  engine: Engine
  inventory: Inventory
  ports: PortService
  images: Images
  networks: Networks
  ensureVolume: Parameters<typeof createVolumes>[0]['ensureVolume']
  policy: Policy
  store: Pick<Store, 'instanceId' | 'intents' | 'expiries' | 'flush' | 'onNews'>
  ownId: string | undefined
  ownPlaces: OwnPlaces
  hold: HeldBytes
  log: Parameters<typeof createExpiry>[0]['log'] & Parameters<typeof createAttempts>[0]['log']
}

export async function composeContainers({ store, ...given }: Options) {
  const { config, engine, inventory, log } = given
  const { instanceId } = store
  warnOfMissingRuntimes({ engine, policy: given.policy, log })
  const waiting = createWaiting({ inventory, engine, probeHost: config.probeHost })
  const removal = createRemoval({ engine, inventory })
  const ownData = createOwnData({ engine, inventory, ownId: given.ownId, places: given.ownPlaces })
  const volumes = createVolumes({ ...given, ownData, instanceId })
  const settling = createSettling({ engine, inventory, removal, volumes })
  const attempts = await createAttempts({ engine, inventory, settling, table: store.intents, flush: store.flush, log })
  const expiry = await createExpiry({
    inventory,
    table: store.expiries,
    isOnRecord: attempts.isOnRecord,
    instanceId,
    remove: (id) => containers.removeExpired(id),
    log
  })
  store.onNews(async ({ about }) => {
    if (about === 'intents' || about === 'missed') await attempts.takeOver()
    if (about === 'expiries' || about === 'missed') await expiry.reload()
  })
  const quota = createQuota({ inventory, policy: given.policy, isMaking: attempts.isMaking })
  const parts = { ...given, attempts, removal, volumes, waiting, expiry, quota, instanceId }
  const maker = createMaker({ ...parts, publishHost: config.publishHost ?? config.host })
  const creator = createCreator({ engine, inventory, maker, attempts, removal, config })
  const replacer = createReplacer(parts)
  const containers = createContainerService({ ...parts, creator, replacer })
  return { containers, creator, expiry }
}
