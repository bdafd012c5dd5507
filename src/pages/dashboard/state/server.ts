// The health of the server and its engine, always visible.

import { computed, effect, signal } from '@preact/signals'
import { ask } from '../api/client.ts'
import type { Health } from '../../../client/api.ts'
import { isConnected, onEvent } from './feed.ts'

export const health = signal<Health | undefined>(undefined)
export const isReachable = signal(true)

const loadedVersion = signal<string | undefined>(undefined)
/** The server was replaced by another version since this page was loaded. */
export const isOutdated = computed(
  () => loadedVersion.value !== undefined && health.value !== undefined && health.value.version !== loadedVersion.value
)
export const engineIsAway = computed(() => health.value?.engine === 'unavailable')

const CHECK_MS = 10_000
const AGAIN_MS = 2_000

async function look(): Promise<void> {
  try {
    health.value = await ask('getHealth', {})
    loadedVersion.value ??= health.value.version
    isReachable.value = true
  } catch {
    isReachable.value = false
  }
}

export function watchServer(): void {
  const again = async () => {
    if (!document.hidden) await look()
    setTimeout(() => void again(), isReachable.value && !engineIsAway.value ? CHECK_MS : AGAIN_MS)
  }
  void again()
  onEvent(({ type }) => {
    if (type.startsWith('engine.')) void look()
  })
  effect(() => {
    if (!isConnected.value) void look()
  })
}
