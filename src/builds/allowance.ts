// The places in the queue and the build quota of each token: the number of waiting, running and uploading builds, and the
// bytes of all its builds.

import type { Policy } from '../access/policy.ts'
import { AppError } from '../errors.ts'
import type { BuildFiles } from './files.ts'
import type { BuildTable } from './table.ts'

export type Allowance = ReturnType<typeof createAllowance>

/** A build on its way into the queue. */
type Place = { owner: string | null; bytes: number; isQueued: boolean }

export function createAllowance({
  table,
  files,
  policy,
  queued
}: {
  table: Pick<BuildTable, 'rows' | 'counts'>
  files: Pick<BuildFiles, 'bytes'>
  policy: Pick<Policy, 'limits' | 'check'>
  /** The most builds that may wait. */
  queued: number
}) {
  // Those of an owner stay until none of its uploads is left: what is stored is only measured as an upload begins.
  const places = new Map<string, Place>()
  const of = (owner: string) => [...places].filter(([, place]) => place.owner === owner)
  const isOnItsWay = ({ isQueued }: Place) => !isQueued
  /** Up to this one: of several at once, the first ones get the places that are left. */
  function coming(id: string, owner?: string): number {
    const before = [...places.keys()].indexOf(id) + 1
    const all = [...places.values()].slice(0, before).filter(isOnItsWay)
    return all.filter((place) => owner === undefined || place.owner === owner).length
  }

  async function checkCount(id: string, owner: string): Promise<void> {
    if (!policy.limits('builds')) return
    const seenBy = { owner, team: null }
    const own = (status: string) => table.rows({ status, seenBy }, queued, undefined)
    const begun = [...(await own('pending')), ...(await own('in_progress'))]
    policy.check({ amounts: { builds: begun.length + coming(id, owner) } })
  }

  async function checkQueue(id: string): Promise<void> {
    const { pending = 0 } = await table.counts()
    if (pending + coming(id) > queued)
      throw new AppError('BUILD_QUEUE_FULL', `${queued} builds are already waiting or being uploaded.`)
  }

  /** The bytes of all builds of an owner that have no place. */
  async function storedBy(owner: string): Promise<number> {
    const before = of(owner).filter(([, place]) => place.isQueued)
    const builds = await table.rows({ seenBy: { owner, team: null } }, Number.MAX_SAFE_INTEGER, undefined)
    const ids = new Set(builds.map(({ id }) => id))
    // These builds were removed again.
    for (const [id] of before) if (!ids.has(id)) places.delete(id)
    return files.bytes([...ids].filter((id) => !places.has(id)))
  }

  return {
    /** Takes a place in the queue, or throws if the owner may have no more. Call `end` when the build is queued or refused. */
    async begin(id: string, owner: string | null): Promise<void> {
      places.set(id, { owner, bytes: 0, isQueued: false })
      if (owner !== null) await checkCount(id, owner)
      await checkQueue(id)
    },

    /** Returns a function that takes the bytes of an upload before they are written, and throws if its owner may have no more. */
    async meter(id: string): Promise<(bytes: number) => void> {
      const place = places.get(id)
      if (!place || place.owner === null || !policy.limits('build_bytes')) return () => {}
      const { owner } = place
      const stored = await storedBy(owner)
      return (bytes) => {
        place.bytes += bytes
        const sent = of(owner).reduce((total, [, { bytes: each }]) => total + each, 0)
        policy.check({ amounts: { build_bytes: stored + sent } })
      }
    },

    /** The build is queued, and its bytes are stored. */
    queued(id: string): void {
      const place = places.get(id)
      if (place) place.isQueued = true
    },

    end(id: string): void {
      const place = places.get(id)
      if (!place) return
      if (!place.isQueued) places.delete(id)
      const all = [...places].filter(([, { owner }]) => owner === place.owner)
      if (!all.some(([, each]) => isOnItsWay(each))) for (const [each] of all) places.delete(each)
    }
  }
}
