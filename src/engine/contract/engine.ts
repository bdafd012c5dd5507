// The engine in our words, by capability. A service takes those that it uses. Only docker/ and swarm/ know Docker.

import type { EngineArchive } from './archive.ts'
import type { EngineAvailability } from './availability.ts'
import type { EngineBuilder } from './builder.ts'
import type { EngineContainers } from './containers.ts'
import type { EngineImages } from './images.ts'
import type { EngineNetworks } from './networks.ts'
import type { EngineSystem } from './system.ts'
import type { EngineVolumes } from './volumes.ts'
import type { EngineWatch } from './watch.ts'
import type { EngineWorkloads } from './workloads.ts'

/** Every call has a timeout. A signal ends it earlier. Failures are AppErrors of the catalogue. */
export type Engine = EngineAvailability &
  EngineContainers &
  EngineWorkloads &
  EngineArchive &
  EngineImages &
  EngineBuilder &
  EngineVolumes &
  EngineNetworks &
  EngineSystem &
  EngineWatch
