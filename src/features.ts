// Every feature, one line each, in the order in which OpenAPI shows them.

import { accessFeature } from './access/feature.ts'
import { buildFeature } from './builds/feature.ts'
import { compatFeature } from './compat/feature.ts'
import { containerFeature } from './containers/feature.ts'
import { eventFeature } from './events/feature.ts'
import { fileFeature } from './files/feature.ts'
import type { HttpFeature } from './http/app.ts'
import { imageFeature } from './images/feature.ts'
import { mcpFeature } from './mcp/feature.ts'
import { metricsFeature } from './metrics/feature.ts'
import { networkFeature } from './networks/feature.ts'
import { nodeFeature } from './nodes/feature.ts'
import { pageFeature } from './pages/feature.ts'
import { portFeature } from './ports/feature.ts'
import { after, type DockerMethods } from './rpc/methods.ts'
import { statsFeature } from './stats/feature.ts'
import { systemFeature } from './system/feature.ts'
import { terminalFeature } from './terminal/feature.ts'
import { volumeFeature } from './volumes/feature.ts'

const ALL = [
  systemFeature,
  containerFeature,
  terminalFeature,
  fileFeature,
  portFeature,
  imageFeature,
  networkFeature,
  nodeFeature,
  volumeFeature,
  statsFeature,
  buildFeature,
  compatFeature,
  eventFeature,
  metricsFeature,
  accessFeature,
  mcpFeature,
  pageFeature
]

type Feature = (typeof ALL)[number]
type Rpc<F> = F extends { rpc: infer R extends (parts: never) => unknown } ? R : never
type All<U> = (U extends unknown ? (each: U) => void : never) extends (all: infer A) => void ? A : never

/** The dependencies of all features. */
export type Parts = All<Parameters<Feature['routes']>[1] | Parameters<Rpc<Feature>>[0]>

export const FEATURES: HttpFeature<Parts>[] = ALL

/** Every method of the gRPC service; the compiler finds a missing one. */
export function rpcMethods(parts: Parts, ready: () => Promise<void>): DockerMethods {
  const offered = ALL.map((feature) => {
    if (!('rpc' in feature)) return {}
    return feature.needsInventory ? after(ready, feature.rpc(parts)) : feature.rpc(parts)
  })
  return Object.assign({}, ...offered) as All<ReturnType<Rpc<Feature>>>
}
