// The build quota of each token: the number of waiting, running and uploading builds, and their bytes.

import type { Policy } from '../access/policy.ts'
import type { BuildFiles } from './files.ts'
import type { BuildTable } from './table.ts'

type Upload = { owner: string | null; bytes: number }

// A policy check for each chunk would cost more than it saves.
const LOOK_BYTES = 1024 ** 2

export function createAllowance({
  table,
  files,
  policy,
  queued
}: {
  table: Pick<BuildTable, 'rows'>
  files: Pick<BuildFiles, 'bytes'>
  policy: Pick<Policy, 'limits' | 'check'>
  /** The most builds that may wait. */
  queued: number
}) {
  // Uploads that are no build yet, but will take a place in the queue.
  const uploads = new Map<string, Upload>()
  const sentBy = (owner: string) => [...uploads.values()].filter((upload) => upload.owner === owner)

  /** The number of waiting and running builds. */
  async function checkCount(owner: string): Promise<void> {
    if (!policy.limits('builds')) return
    const seenBy = { owner, team: null }
    const own = (status: string) => table.rows({ status, seenBy }, queued, undefined)
    const begun = [...(await own('pending')), ...(await own('in_progress'))]
    policy.check({ amounts: { builds: begun.length + sentBy(owner).length } })
  }

  async function storedBy(owner: string): Promise<number> {
    const builds = await table.rows({ seenBy: { owner, team: null } }, Number.MAX_SAFE_INTEGER, undefined)
    return files.bytes(builds.map(({ id }) => id))
  }

  /** Takes the bytes of an upload as they arrive. */
  async function meter(owner: string, upload: Upload): Promise<(bytes: number) => void> {
    if (!policy.limits('build_bytes')) return () => {}
    const stored = await storedBy(owner)
    const check = () => {
      const sent = sentBy(owner).reduce((total, { bytes }) => total + bytes, 0)
      policy.check({ amounts: { build_bytes: stored + sent } })
    }
    check()
    let unlooked = 0
    return (bytes) => {
      upload.bytes += bytes
      unlooked += bytes
      if (unlooked < LOOK_BYTES) return
      unlooked = 0
      check()
    }
  }

  return {
    /** The number of uploads under way. */
    uploads: (): number => uploads.size,

    /** Registers an upload. Throws if its owner may have no more. The returned function throws likewise for incoming bytes. */
    async begin(id: string, owner: string | null): Promise<(bytes: number) => void> {
      const upload = { owner, bytes: 0 }
      uploads.set(id, upload)
      if (owner === null) return () => {}
      await checkCount(owner)
      return meter(owner, upload)
    },

    end: (id: string): void => void uploads.delete(id)
  }
}
