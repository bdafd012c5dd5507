// The engine's information about itself, and its disk usage.

import type { Engine } from '../../../src/engine/contract/engine.ts'
import { RUNTIMES, START, type State } from './state.ts'

/** The machine on which its containers would run. */
export const MACHINE = { kernel: '6.0', memoryBytes: 8e9, hasCgroups: true }

export function systemCalls({ state, reach }: { state: State; reach: () => void }) {
  const { containers: kept, images, volumes } = state

  return {
    async info() {
      reach()
      return {
        ...MACHINE,
        name: 'memory',
        operatingSystem: 'none',
        architecture: 'x86_64',
        cpus: 2,
        storageDriver: 'memory',
        rootDir: '/nowhere',
        cgroupVersion: '2',
        images: images.size,
        containers: { total: kept.size, running: 0, paused: 0, stopped: 0 },
        swarm: 'inactive',
        runtimes: [...RUNTIMES],
        insecureRegistries: ['127.0.0.0/8']
      }
    },

    async diskUsage() {
      reach()
      const mounted = new Set([...kept.values()].flatMap(({ record }) => record.volumes.map(({ source }) => source)))
      return {
        containers: new Map([...kept.keys()].map((id) => [id, 10])),
        images: new Map([...images.values()].map(({ id, sizeBytes }) => [id, sizeBytes])),
        volumes: [...volumes].map(([name, labels]) => ({
          name,
          labels,
          createdAt: START,
          sizeBytes: 100,
          isUsed: mounted.has(name)
        })),
        buildCache: [{ sizeBytes: 1_000, isUsed: false, lastUsedAt: START }]
      }
    }
  } satisfies Partial<Engine>
}
