// Finds a container by any of its names: full id, name, short id, unique id prefix, or the id of a container that this one
// replaced.

import type { ContainerRecord } from '../engine/contract/containers.ts'
import { AppError } from '../errors.ts'

const SHORT_ID = 12

export const shortId = (id: string): string => id.slice(0, SHORT_ID)

export function createIds(records: ReadonlyMap<string, ContainerRecord>) {
  /** Maps the id of a replaced container to its replacement. */
  const aliases = new Map<string, string>()

  /** While the old container of a replacement exists, it is the complete one. */
  function take({ id, berth: { replaces } }: ContainerRecord): void {
    for (const alias of replaces) {
      const holder = records.get(aliases.get(alias) ?? '')
      if (!holder || holder.berth.replaces.length >= replaces.length) aliases.set(alias, id)
    }
  }

  /** Released ids go to the other candidates. */
  function free(id: string): void {
    const freed = [...aliases].filter(([, target]) => target === id)
    for (const [alias] of freed) aliases.delete(alias)
    if (freed.length > 0) for (const record of records.values()) take(record)
  }

  /** Among those that `isVisible` accepts, without revealing others. */
  function find(reference: string, isVisible: (record: ContainerRecord) => boolean): ContainerRecord {
    const exact = records.get(reference) ?? records.get(aliases.get(reference) ?? '')
    if (exact && isVisible(exact)) return exact
    const found = new Map<string, ContainerRecord>()
    const looksLikeId = /^[0-9a-f]{4,64}$/.test(reference)
    // An engine allows a container name that looks like another's id. A reference with the length of an id is an id.
    const isId = looksLikeId && reference.length >= SHORT_ID
    let named: ContainerRecord | undefined
    for (const record of records.values()) {
      if (!isVisible(record)) continue
      if (record.name === reference) named = record
      if (looksLikeId && record.id.startsWith(reference)) found.set(record.id, record)
    }
    if (named && !isId) return named
    for (const [alias, id] of aliases) {
      const record = records.get(id)
      if (!looksLikeId || !record || records.has(alias) || !isVisible(record)) continue
      if (alias.startsWith(reference)) found.set(id, record)
    }
    const [first, second] = found.values()
    if (second) {
      throw new AppError('CONTAINER_AMBIGUOUS', `${found.size} containers have an id that begins with ${reference}.`)
    }
    if (!first && named) return named
    if (!first) throw new AppError('CONTAINER_NOT_FOUND', `There is no container with the id or name "${reference}".`)
    return first
  }

  return { take, free, find }
}
