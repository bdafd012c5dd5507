// Removes builds with their files and images, on request or after their retention.

import { inPlaceOf } from '../access/caller.ts'
import type { EngineImages } from '../engine/contract/images.ts'
import { isAppError } from '../errors.ts'
import type { BuildFiles } from './files.ts'
import type { KnownBuilds } from './known.ts'
import type { BuildRecord } from './record.ts'
import type { Credentials } from './request.ts'
import type { RemovedBuild } from './schemas.ts'
import type { Images } from './stages.ts'
import type { BuildTable } from './table.ts'

type Options = {
  table: Pick<BuildTable, 'finishedBefore' | 'finishedBeyond' | 'remove'>
  files: Pick<BuildFiles, 'endLog' | 'remove'>
  known: KnownBuilds
  engine: Pick<EngineImages, 'inspectImage'>
  images: Pick<Images, 'remove'>
  credentials: Map<string, Credentials>
  limits: { retentionMs: number; kept: number }
  log: { error(fields: object, message: string): void }
  now: () => number
}

const SWEEP_MS = 3_600_000
// A search for the oldest after each build would cost more than keeping a few more.
const SURPLUS = 50

export function createBuildRemoval(options: Options) {
  const { table, files, known, engine, images, credentials, limits, log, now } = options
  let sweeping: NodeJS.Timeout | undefined
  let over = 0

  async function removeImages(record: BuildRecord): Promise<Pick<RemovedBuild, 'images_removed' | 'images_kept'>> {
    const removed: string[] = []
    const kept: { reference: string; reason: string }[] = []
    for (const reference of record.imageId === null ? [] : record.references) {
      try {
        // The name may have moved to a later build, which may even have built the same image.
        const image = await engine.inspectImage(reference)
        if (!image) continue
        if (image.id !== record.imageId) kept.push({ reference, reason: 'It names another image by now.' })
        else if (await isOfAnother(record, reference)) kept.push({ reference, reason: 'Another build made it too.' })
        else if ((await images.remove(inPlaceOf(record), reference, { force: false })).untagged.length > 0)
          removed.push(reference)
      } catch (error) {
        if (!isAppError(error)) throw error
        if (error.code !== 'IMAGE_NOT_FOUND') kept.push({ reference, reason: error.message })
      }
    }
    return { images_removed: removed, images_kept: kept }
  }

  async function isOfAnother({ id, imageName, imageId }: BuildRecord, reference: string): Promise<boolean> {
    const builds = await known.all({ image: imageName })
    return builds.some((other) => other.id !== id && other.imageId === imageId && other.references.includes(reference))
  }

  async function forget(ids: Promise<string[]>): Promise<void> {
    try {
      for (const id of await ids) if (await table.remove(id)) await removeFiles(id)
    } catch (err) {
      // On a full disk nothing can be deleted from the database either. The next round retries.
      log.error({ err }, 'old builds could not be removed')
    }
  }

  async function forgetOld(): Promise<void> {
    await forget(table.finishedBefore(now() - limits.retentionMs))
    await forgetSurplus()
  }

  function forgetSurplus(): Promise<void> {
    over = 0
    return forget(table.finishedBeyond(limits.kept))
  }

  async function removeFiles(id: string): Promise<void> {
    credentials.delete(id)
    await files.endLog(id)
    await files.remove(id)
  }

  return {
    removeImages,
    /** Call this for each finished build. */
    ended(): void {
      if (++over >= SURPLUS) void forgetSurplus()
    },
    removeFiles,
    startSweeping(): void {
      sweeping = setInterval(() => void forgetOld(), SWEEP_MS).unref()
      void forgetOld()
    },
    stopSweeping: (): void => clearInterval(sweeping)
  }
}
