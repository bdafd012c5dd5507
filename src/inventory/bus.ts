// The events of the inventory.

import type { ContainerRecord } from '../engine/contract/containers.ts'
import type { EngineEvent } from '../engine/contract/watch.ts'
import { createTopic } from '../lib/topic.ts'

export type Change = { id: string; before: ContainerRecord | undefined; after: ContainerRecord | undefined }
export type Bus = ReturnType<typeof createBus>

export function createBus() {
  return {
    changes: createTopic<Change>(),
    /** After every full read: at the start and after each return of the engine. */
    syncs: createTopic<void>(),
    /** Some image changed, or may have changed. */
    images: createTopic<void>(),
    networks: createTopic<EngineEvent>()
  }
}
