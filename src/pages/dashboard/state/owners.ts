// Owners of containers, by name. Only admins may read the names of other tokens; for others an owner is its team or an
// id.

import { signal } from '@preact/signals'
import { ask } from '../api/client.ts'
import type { Container } from '../../../client/api.ts'
import { access, may } from './access.ts'

const names = signal<ReadonlyMap<string, string>>(new Map())

export function loadOwners(): void {
  if (!may('admin')) return
  // Without names the page shows ids.
  ask('listTokens', {}).then(
    (tokens) => (names.value = new Map(tokens.map(({ id, name }) => [id, name]))),
    () => {}
  )
}

/** Empty for things that no token created. */
export function ownerOf({ owner, team }: Pick<Container, 'owner' | 'team'>): string {
  if (owner === null) return ''
  const own = owner === access.value?.token_id ? access.value.caller : undefined
  return [names.value.get(owner) ?? own ?? owner, team].filter(Boolean).join(', ')
}
