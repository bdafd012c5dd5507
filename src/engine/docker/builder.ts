// What the engine's builder is asked.

import type { EngineBuilder } from '../contract/builder.ts'
import { markOf, removeBuildContainers } from './build-containers.ts'
import { buildImage } from './build.ts'
import type { Calls } from './calls.ts'
import type { Connection } from './connection.ts'

export function createBuilderCalls(calls: Calls, connection: Pick<Connection, 'status'>): EngineBuilder {
  function isPodman(): boolean {
    const status = connection.status()
    return status.available && /podman/i.test(status.name)
  }

  return {
    hasBuildKit() {
      return connection.status().available && !isPodman()
    },

    buildImage(spec, context, signal) {
      // Podman runs steps in nothing that its list of containers shows.
      const mark = spec.builder === 'classic' && !isPodman() ? markOf(spec.id) : undefined
      return buildImage(calls.stream, spec, { context, mark, signal })
    },

    removeBuildContainers(id, since) {
      return removeBuildContainers(calls, id, since)
    }
  }
}
