// Calls to the engine's builder.

import type { EngineBuilder } from '../contract/builder.ts'
import { markOf, removeBuildContainers } from './build-containers.ts'
import { buildImage } from './build.ts'
import type { Calls } from './calls.ts'
import type { Connection } from './connection.ts'

export function createBuilderCalls(
  calls: Calls,
  { status, isPodman }: Pick<Connection, 'status' | 'isPodman'>
): EngineBuilder {
  return {
    hasBuildKit() {
      return status().available && !isPodman()
    },

    buildImage(spec, context, signal) {
      // Podman's list of containers does not show those of steps.
      const mark = spec.builder === 'classic' && !isPodman() ? markOf(spec.id) : undefined
      return buildImage(calls.stream, spec, { context, mark, signal })
    },

    removeBuildContainers(id, since) {
      return removeBuildContainers(calls, id, since)
    }
  }
}
