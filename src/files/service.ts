// Files of containers: list, read, write, remove. The container need not run or have any program.

import type { Caller } from '../access/caller.ts'
import type { EngineArchive } from '../engine/contract/archive.ts'
import type { ContainerRecord } from '../engine/contract/containers.ts'
import type { FileLimits } from './limits.ts'
import { createPlaces } from './places.ts'
import { createReading } from './reading.ts'
import { createWriting } from './writing.ts'

export type FileService = ReturnType<typeof createFileService>

type Options = {
  engine: EngineArchive
  containers: {
    record: (caller: Caller, reference: string) => ContainerRecord
    changeable: (caller: Caller, reference: string) => ContainerRecord
  }
  config: FileLimits & { exec: boolean }
  log: { warn(fields: object, message: string): void }
}

export function createFileService({ engine, containers, config, log }: Options) {
  const places = createPlaces(engine)
  return {
    ...createReading({ engine, places, find: containers.record, limits: config }),
    ...createWriting({
      engine,
      places,
      findChangeable: containers.changeable,
      isAllowed: config.exec,
      limits: config,
      log
    })
  }
}
