// Every setting, once: its variable, default, meaning and kind.
// `loadConfig`, `docs/settings.md` and `.env.example` all follow from this table (`npm run docs`).

import type { Setting } from './lib/settings.ts'
import { BUILD_SETTINGS } from './settings/builds.ts'
import { CONTAINER_SETTINGS } from './settings/containers.ts'
import { ENGINE_SETTINGS } from './settings/engine.ts'
import { REGISTRY_SETTINGS } from './settings/registries.ts'
import { SERVER_SETTINGS } from './settings/server.ts'

export const SETTINGS = {
  ...SERVER_SETTINGS,
  ...CONTAINER_SETTINGS,
  ...ENGINE_SETTINGS,
  ...REGISTRY_SETTINGS,
  ...BUILD_SETTINGS
}

export type Config = { readonly [K in keyof typeof SETTINGS]: ReturnType<(typeof SETTINGS)[K]['parse']> }

export const SETTING_LIST: readonly Setting<unknown>[] = Object.values(SETTINGS)

/** Whether only programs on this machine can reach the server, so that it may work without tokens. */
export function isPrivate({ socket, host }: Pick<Config, 'socket' | 'host'>): boolean {
  return socket !== undefined || host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
}
