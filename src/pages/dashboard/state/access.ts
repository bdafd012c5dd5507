// The access of the caller, which decides what the page offers. Read again after each disconnect: the token may have
// changed.

import { effect, signal } from '@preact/signals'
import { ask } from '../api/client.ts'
import type { Access } from '../../../client/api.ts'
import { isConnected } from './feed.ts'

export type Scope = Access['scopes'][number]

/** Undefined until the server has answered. */
export const access = signal<Access | undefined>(undefined)

export function may(scope: Scope): boolean {
  const scopes = access.value?.scopes ?? []
  return scopes.includes(scope) || scopes.includes('admin')
}

/** Whether commands run in containers, for this caller on this server. */
export const mayExec = (): boolean => may('exec') && access.value?.exec === true

/** Whether the server runs containers on the machines of a Swarm. */
export const hasNodes = (): boolean => access.value?.swarm === true

export function watchAccess(): void {
  effect(() => {
    if (isConnected.value)
      ask('getAccess', {}).then(
        (answer) => (access.value = answer),
        // Without an answer the page offers only what every caller may do.
        () => {}
      )
  })
}
