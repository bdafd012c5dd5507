// Builds after submission: get, list, retry, cancel, remove. Their submission: intake.ts.

import type { Caller } from '../access/caller.ts'
import { randomUUID } from 'node:crypto'
import { AppError } from '../errors.ts'
import type { Policy } from '../access/policy.ts'
import { createAllowance } from './allowance.ts'
import type { Elsewhere } from './elsewhere.ts'
import { createIntake } from './intake.ts'
import { ALL, createKnownBuilds } from './known.ts'
import type { LogLine } from './log-file.ts'
import { createPages } from './pages.ts'
import { cancel, interrupt, isOver, reopen, statusOf, type BuildRecord, type BuildStatus } from './record.ts'
import { createBuildRemoval } from './removal.ts'
import { checkToRun, credentialsOf } from './request.ts'
import type { BuildDetails, RemoveBuildQuery, RemovedBuild, RetryBuild } from './schemas.ts'
import type { SourcePolicy } from './source-policy.ts'
import type { Worker } from './worker.ts'

export type BuildService = ReturnType<typeof createBuildService>

type Options = Omit<Parameters<typeof createIntake>[0], 'allowance' | 'rules' | 'limits' | 'now'> &
  Omit<Parameters<typeof createBuildRemoval>[0], 'known' | 'now'> & {
    limits: Parameters<typeof createIntake>[0]['limits'] & { queued: number }
    policy: Pick<Policy, 'limits' | 'check'>
    worker: Worker
    elsewhere: Elsewhere
    rules: Pick<SourcePolicy, 'check' | 'checkAgain'>
    now?: () => number
  }

export function createBuildService({ now = Date.now, ...options }: Options) {
  const { table, files, worker, elsewhere, credentials, limits, rules, checkRun, authorize, onChange } = options
  const { retentionMs } = limits
  const known = createKnownBuilds({ table, retentionMs, onChange })
  const { find, findOwn } = known
  const pages = createPages({ table, retentionMs })
  const allowance = createAllowance({ table, files, policy: options.policy, queued: limits.queued })
  const intake = createIntake({ ...options, allowance, now })
  const removal = createBuildRemoval({ ...options, known, now })

  /** A finished build, moved back to where a retry resumes. */
  async function reopened(caller: Caller, id: string): Promise<{ record: BuildRecord; from: BuildStatus }> {
    const record = await findOwn(caller, id)
    const from = statusOf(record)
    if (!isOver(record)) throw new AppError('BUILD_RUNNING', `Build ${id} is not finished: it is ${from}.`)
    const again = reopen(record)
    if (again) return { record: again, from }
    throw new AppError(
      'BUILD_NOT_FAILED',
      `No stage of build ${id} has failed, so there is nothing to retry. To build again, submit a new build.`
    )
  }

  return {
    async start(): Promise<void> {
      await table.releaseAll()
      // Builds that a killed server had started are queued again, and show it even before the engine is back.
      for (const record of await table.list({ status: 'in_progress' }, ALL, undefined))
        await table.change(interrupt(record), 'in_progress')
      await files.removeAllBut(new Set(await table.ids()))
      removal.startSweeping()
      void worker.pump()
    },

    async stop(): Promise<void> {
      removal.stopSweeping()
      await worker.stop()
      await files.close()
    },

    /** Accepts the upload of `read`. The build is queued when this returns. */
    async take(...asked: Parameters<typeof intake>): Promise<BuildDetails> {
      const id = await intake(...asked)
      await worker.pump()
      return known.details(asked[0].caller, id)
    },

    get: known.details,

    /** The stored record, for APIs that describe builds differently. */
    record: find,
    list: pages.list,
    /** A page of the stored records that were submitted by one API. */
    records: pages.records,
    /** Call this for each finished build. */
    ended: removal.ended,

    async logs(
      caller: Caller,
      id: string,
      { offset, follow }: { offset: number; follow: boolean },
      signal?: AbortSignal
    ): Promise<AsyncIterable<LogLine>> {
      const log = files.log(id, isOver(await find(caller, id)))
      // Another server may have ended it before this one got its news.
      if (follow) await elsewhere.look(id)
      return log.read(offset, follow, signal)
    },

    /** Repeats only the failed stages, as far as they are permitted now. */
    async retry(caller: Caller, id: string, given: RetryBuild = {}): Promise<BuildDetails> {
      await findOwn(caller, id)
      await worker.settled(id)
      const own = credentialsOf(given)
      const { record: asked } = await reopened(caller, id)
      const secrets = await table.secrets(id)
      if (asked.run.status === 'pending') authorize(caller, 'containers:write')
      checkToRun(asked, secrets, checkRun)
      if (asked.build.status === 'pending')
        await files.withContext(id, () => rules.checkAgain(asked, files.contextPath(id), secrets.buildArgs))
      const place = randomUUID()
      try {
        await allowance.begin(place, asked.owner)
        // A concurrent request may have done the same.
        const { record, from } = await reopened(caller, id)
        await known.change(own ? { ...record, hasOwnCredentials: true } : record, from)
      } finally {
        allowance.end(place)
      }
      if (own) credentials.set(id, own)
      await worker.pump()
      return known.details(caller, id)
    },

    async cancel(caller: Caller, id: string): Promise<BuildDetails> {
      await findOwn(caller, id)
      await worker.settled(id)
      if ((await worker.abort(id)) || (await elsewhere.cancel(id))) return known.details(caller, id)
      const record = await findOwn(caller, id)
      const from = statusOf(record)
      if (isOver(record)) throw new AppError('BUILD_FINISHED', `Build ${id} is finished: it is ${from}.`)
      const cancelled = { ...cancel(record, now()), finishedAt: now() }
      await known.change(cancelled, from)
      await files.endLog(id)
      return known.view(cancelled)
    },

    async remove(
      caller: Caller,
      id: string,
      { keep_image: keepImage = false, force = false }: RemoveBuildQuery
    ): Promise<RemovedBuild> {
      await findOwn(caller, id)
      await worker.settled(id)
      if (!isOver(await findOwn(caller, id))) {
        if (!force)
          throw new AppError('BUILD_RUNNING', `Build ${id} is not finished. Cancel it first, or use force=true.`)
        await this.cancel(caller, id)
      }
      const record = await findOwn(caller, id)
      const images = keepImage ? { images_removed: [], images_kept: [] } : await removal.removeImages(record)
      if (!(await table.remove(id))) throw new AppError('BUILD_RUNNING', `Build ${id} has just started again.`)
      await removal.removeFiles(id)
      return { id, message: 'Build removed', ...images }
    },

    counts: () => table.counts()
  }
}
