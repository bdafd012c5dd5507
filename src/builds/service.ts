// Builds from the upload to the record: taken in, queued, looked at, tried again, cancelled, removed, forgotten in time.

import { randomUUID } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { Caller } from '../access/caller.ts'
import type { Access } from '../access/service.ts'
import type { CreateContainer } from '../containers/request-schemas.ts'
import type { EngineImages } from '../engine/contract/images.ts'
import { AppError, invalidField, invalidFields, isAppError } from '../errors.ts'
import { describeViolations, type Validator } from '../lib/validator.ts'
import type { BuildTable } from './table.ts'
import { holdsBuildKit } from './cgroup.ts'
import { inspectDockerfile, takeContext, type Intake } from './context/intake.ts'
import { leaveOutIgnored } from './context/leave-out.ts'
import { invalidContext, type ContextLimits } from './context/rules.ts'
import type { BuildFiles } from './files.ts'
import type { LogLine } from './log-file.ts'
import { cancel, interrupt, isOver, reopen, statusOf, type BuildRecord } from './record.ts'
import { checkToRun, credentialsOf, newRecord, type Credentials, type Origin } from './request.ts'
import type { SourceRules } from './sources.ts'
import type { Images } from './stages.ts'
import {
  BuildFields,
  type BuildDetails,
  type ListBuildsQuery,
  type RemoveBuildQuery,
  type RemovedBuild,
  type RetryBuild
} from './schemas.ts'
import { viewDetails } from './view.ts'
import type { Worker } from './worker.ts'
import { createWriter } from './written.ts'

/** A context that was taken in and is to become a build, or is thrown away. */
export type Upload = { id: string } & Intake
export type BuildService = ReturnType<typeof createBuildService>

const ALL = -1
const SWEEP_MS = 3_600_000

export function createBuildService({
  table,
  files,
  worker,
  engine,
  images,
  credentials,
  limits,
  validator,
  rules,
  checkRun,
  authorize,
  onChange,
  log,
  now = Date.now
}: {
  table: BuildTable
  files: BuildFiles
  worker: Worker
  engine: Pick<EngineImages, 'inspectImage'>
  images: Pick<Images, 'remove'>
  /** Those of requests, by build; they are never written down. */
  credentials: Map<string, Credentials>
  limits: ContextLimits & {
    queued: number
    retentionMs: number
    namespace: string | undefined
    cgroupParent: string | undefined
  }
  validator: Pick<Validator, 'coercing'>
  rules: Pick<SourceRules, 'check' | 'checkAgain'>
  /** Throws for what could not be run anyway. */
  checkRun: (body: CreateContainer) => void
  authorize: Access['authorize']
  onChange: (record: BuildRecord) => void
  log: { error(fields: object, message: string): void }
  now?: () => number
}) {
  const isValid = validator.coercing(BuildFields)
  const writeOut = createWriter({ retentionMs: limits.retentionMs, current: worker.current })
  // Those that are no build yet, but will take a place in the queue.
  const uploads = new Set<string>()
  let sweeping: NodeJS.Timeout | undefined

  function find(id: string): BuildRecord {
    const record = worker.current(id) ?? table.get(id)
    if (!record) throw new AppError('BUILD_NOT_FOUND', `There is no build ${id}.`)
    return record
  }

  /** A build that is worked on is ahead of what is written down. */
  const asItIs = (row: BuildRecord): BuildRecord => worker.current(row.id) ?? row

  function position(record: BuildRecord): number | null {
    return statusOf(record) === 'pending' ? table.countBefore(record.id) : null
  }

  function details(record: BuildRecord): BuildDetails {
    return viewDetails(record, { retentionMs: limits.retentionMs, position: position(record) })
  }

  /** For changes of builds that nobody works on. */
  function save(record: BuildRecord): void {
    if (!table.save(record, null)) throw new AppError('BUILD_RUNNING', `Build ${record.id} has just been begun.`)
    onChange(record)
  }

  async function removeImages(record: BuildRecord): Promise<Pick<RemovedBuild, 'images_removed' | 'images_kept'>> {
    const removed: string[] = []
    const kept: { reference: string; reason: string }[] = []
    for (const reference of record.imageId === null ? [] : record.references) {
      try {
        // The name may have gone to a later build, which may even have made the same image.
        const image = await engine.inspectImage(reference)
        if (!image) continue
        if (image.id !== record.imageId) kept.push({ reference, reason: 'It names another image by now.' })
        else if (isOfAnother(record, reference)) kept.push({ reference, reason: 'Another build made it too.' })
        else if ((await images.remove(reference, { force: false })).untagged.length > 0) removed.push(reference)
      } catch (error) {
        if (!isAppError(error)) throw error
        if (error.code !== 'IMAGE_NOT_FOUND') kept.push({ reference, reason: error.message })
      }
    }
    return { images_removed: removed, images_kept: kept }
  }

  function isOfAnother({ id, imageName, imageId }: BuildRecord, reference: string): boolean {
    const builds = table.list({ image: imageName }, ALL, undefined).map(asItIs)
    return builds.some((other) => other.id !== id && other.imageId === imageId && other.references.includes(reference))
  }

  async function discard(upload: string): Promise<void> {
    uploads.delete(upload)
    await files.remove(upload)
  }

  /** A build that is over, back where it is to be taken up again. */
  function reopened(id: string): BuildRecord {
    const record = find(id)
    if (!isOver(record)) throw new AppError('BUILD_RUNNING', `Build ${id} is not over: it is ${statusOf(record)}.`)
    if (reopen(record)) return record
    throw new AppError(
      'BUILD_NOT_FAILED',
      `Nothing of build ${id} has failed, so there is nothing to do again. To build anew, send it as a new build.`
    )
  }

  async function forgetOld(): Promise<void> {
    try {
      for (const id of table.finishedBefore(now() - limits.retentionMs)) {
        if (table.remove(id)) await removeFiles(id)
      }
    } catch (err) {
      // On a full disk nothing can be deleted from the database either. The next round comes.
      log.error({ err }, 'old builds could not be removed')
    }
  }

  async function removeFiles(id: string): Promise<void> {
    credentials.delete(id)
    await files.endLog(id)
    await files.remove(id)
  }

  return {
    start(): void {
      table.releaseAll()
      // What a server that was killed had begun waits again, and says so even while there is no engine to go on with.
      for (const record of table.list({ status: 'in_progress' }, ALL, undefined)) {
        interrupt(record)
        table.save(record, null)
      }
      files.removeAllBut(new Set(table.ids()))
      sweeping = setInterval(() => void forgetOld(), SWEEP_MS).unref()
      void forgetOld()
      worker.pump()
    },

    async stop(): Promise<void> {
      clearInterval(sweeping)
      await worker.stop()
      await files.close()
    },

    /** Takes a Dockerfile or an archive in; nothing is left of one that is refused. */
    async receive(content: Readable): Promise<Upload> {
      if ((table.counts().pending ?? 0) + uploads.size >= limits.queued)
        throw new AppError('BUILD_QUEUE_FULL', `${limits.queued} builds are waiting or being sent already.`)
      const id = randomUUID()
      uploads.add(id)
      try {
        await files.make(id)
        return { id, ...(await takeContext(content, files.context(id), limits)) }
      } catch (error) {
        await discard(id)
        throw error
      }
    },

    /** Fields as text or as what they stand for, against their schema; and whether the caller may have what they ask for. */
    check(fields: unknown, caller: Caller): BuildFields {
      if (!isValid(fields)) throw invalidFields(describeViolations(isValid.errors ?? [], 'body'))
      const wanted = fields as BuildFields
      if (wanted.run) authorize(caller, 'containers:write')
      return wanted
    },

    discard: ({ id }: Upload): Promise<void> => discard(id),

    /** A refused upload is left for its owner to discard. */
    async submit(upload: Upload, fields: BuildFields, origin: Origin): Promise<BuildDetails> {
      const { id, context, hasIgnoreFile } = upload
      if (fields.builder === 'buildkit' && !holdsBuildKit(limits.cgroupParent))
        throw invalidField('builder', 'must be classic here: BuildKit cannot be put into BERTH_BUILD_CGROUP_PARENT')
      const made = newRecord(fields, {
        id,
        context,
        origin,
        now: now(),
        namespace: limits.namespace
      })
      const { dockerfile } = made.record
      const { buildArgs } = made.secrets
      const report = await inspectDockerfile(files.context(id), dockerfile, buildArgs)
      if (report.problems.length > 0)
        throw invalidContext(`${dockerfile} is no Dockerfile: ${report.problems.join('; ')}.`)
      made.record.baseImages = rules.check(report, fields.platform)
      checkToRun(made.record, made.secrets, checkRun)
      const left = hasIgnoreFile ? await leaveOutIgnored(files.context(id), dockerfile, limits) : undefined
      made.record.context = { ...context, ...left }
      await files.keepContext(id)
      table.add(made.record, made.secrets)
      uploads.delete(id)
      if (made.credentials) credentials.set(id, made.credentials)
      onChange(made.record)
      worker.pump()
      return details(find(id))
    },

    get: (id: string): BuildDetails => details(find(id)),

    /** As it is kept, for the doors that speak of builds in other words. */
    record: find,
    records: (door: string): BuildRecord[] =>
      table
        .list({}, ALL, undefined)
        .filter(({ origin }) => origin === door)
        .map(({ id }) => find(id)),

    /** The page as JSON. */
    list({ status, image, limit = 100, cursor }: ListBuildsQuery): { json: Buffer; nextCursor: string | undefined } {
      const before = cursor === undefined ? undefined : table.sequence(cursor)
      if (cursor !== undefined && before === undefined)
        throw invalidField('cursor', 'names no build that is still known')
      const rows = table.rows({ status, image }, limit + 1, before)
      const page = rows.slice(0, limit)
      return {
        json: writeOut(page, table.queue()),
        nextCursor: rows.length > limit ? page.at(-1)?.id : undefined
      }
    },

    async *logs(
      id: string,
      { offset, follow }: { offset: number; follow: boolean },
      signal?: AbortSignal
    ): AsyncGenerator<LogLine> {
      yield* files.log(id, isOver(find(id))).read(offset, follow, signal)
    },

    /** Does again what failed, and only that, as far as it may be done today. */
    async retry(id: string, caller: Caller, given: RetryBuild = {}): Promise<BuildDetails> {
      await worker.settled(id)
      const own = credentialsOf(given)
      const asked = reopened(id)
      const secrets = table.secrets(id)
      if (asked.run.status === 'pending') authorize(caller, 'containers:write')
      checkToRun(asked, secrets, checkRun)
      if (asked.build.status === 'pending') await rules.checkAgain(asked, files.context(id), secrets.buildArgs)
      // Somebody else may have asked for the same meanwhile.
      const record = reopened(id)
      if (own) {
        credentials.set(id, own)
        record.hasOwnCredentials = true
      }
      save(record)
      worker.pump()
      return details(find(id))
    },

    async cancel(id: string): Promise<BuildDetails> {
      await worker.settled(id)
      if (await worker.abort(id)) return details(find(id))
      const record = find(id)
      if (isOver(record)) throw new AppError('BUILD_FINISHED', `Build ${id} is over: it is ${statusOf(record)}.`)
      cancel(record, now())
      record.finishedAt = now()
      save(record)
      await files.endLog(id)
      return details(record)
    },

    async remove(
      id: string,
      { keep_image: keepImage = false, force = false }: RemoveBuildQuery
    ): Promise<RemovedBuild> {
      await worker.settled(id)
      if (!isOver(find(id))) {
        if (!force) throw new AppError('BUILD_RUNNING', `Build ${id} is not over. Cancel it first, or use force=true.`)
        await this.cancel(id)
      }
      const record = find(id)
      const images = keepImage ? { images_removed: [], images_kept: [] } : await removeImages(record)
      if (!table.remove(id)) throw new AppError('BUILD_RUNNING', `Build ${id} has just been begun again.`)
      await removeFiles(id)
      return { id, message: 'Build removed', ...images }
    },

    counts: () => table.counts()
  }
}
