// Combines the parts of statistics.

import type { Config } from '../config.ts'
import type { Engine } from '../engine/contract/engine.ts'
import type { Machine } from '../engine/machine/machine.ts'
import type { Inventory } from '../inventory/inventory.ts'
import { createCgroupSource } from './cgroup-source.ts'
import type { StatsSource } from './counters.ts'
import { createEngineSource } from './engine-source.ts'
import { createSampler } from './sampler.ts'
import { createStatsService } from './service.ts'

type Options = { config: Config; engine: Engine; inventory: Inventory; machine: Machine }

export function composeStats({ inventory, machine, ...given }: Options) {
  const sampler = createSampler({ inventory, sources: sourcesOf({ machine, ...given }) })
  return { sampler, stats: createStatsService({ inventory, sampler, machine }) }
}

/** Best first. */
function sourcesOf({ config, engine, machine }: Omit<Options, 'inventory'>): StatsSource[] {
  const { statsSource, hostProc, hostCgroup } = config
  const cgroup = createCgroupSource({ procDir: hostProc, cgroupDir: hostCgroup })
  const api = createEngineSource({ engine, machine })
  if (statsSource === 'auto') return [cgroup, api]
  return statsSource === 'cgroup' ? [cgroup] : [api]
}
