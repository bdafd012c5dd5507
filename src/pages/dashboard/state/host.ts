// The machine, every two seconds, while a view shows it.

import { signal } from '@preact/signals'
import { follow } from '../api/stream.ts'
import type { SystemStats } from '../../../client/api.ts'

export const host = signal<SystemStats[]>([])

const KEPT = 150

export function viewHost(): () => void {
  return follow('/system/stats/stream', {
    onMessage: (name, data) => {
      if (name === 'stats') host.value = [...host.value, data as SystemStats].slice(-KEPT)
    }
  })
}
