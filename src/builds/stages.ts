// The three stages of a build: the image is built and pushed, and a container of it is run.

import { open } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { inPlaceOf, type Caller } from '../access/caller.ts'
import type { EngineAvailability } from '../engine/contract/availability.ts'
import type { BuildSpec, BuildStep, EngineBuilder } from '../engine/contract/builder.ts'
import type { EngineImages, ImageRecord } from '../engine/contract/images.ts'
import { AppError, isAppError } from '../errors.ts'
import type { TransferRequest } from '../images/service.ts'
import { parseReference } from '../lib/reference.ts'
import { holdsBuildKit } from './cgroup.ts'
import type { BuildFiles } from './files.ts'
import { withoutValues } from './hide-values.ts'
import type { BuildRecord, StageName } from './record.ts'
import type { BuildSecrets, Credentials } from './request.ts'
import type { SourcePolicy } from './source-policy.ts'
import type { Job, StageTask } from './worker.ts'
import type { CreateContainer } from '../containers/create-schema.ts'

type Limits = { totalMs: number; idleMs: number; network: 'default' | 'none'; cgroupParent: string | undefined }

export type Images = {
  push(
    caller: Caller,
    reference: string,
    request: TransferRequest
  ): Promise<{ digest: string; size: number; message: string }>
  find(caller: Caller, reference: string, how: { pull: 'missing'; signal: AbortSignal }): Promise<ImageRecord>
  /** Throws for an image that Berth keeps for itself, and for one that does not exist for the caller. */
  checkMayUse(caller: Caller, reference: string, image: ImageRecord | undefined): Promise<void>
  /** Throws for names that the caller may not move to another image. */
  take(caller: Caller, references: string[]): Promise<void>
  /** Fails if a container uses it. */
  remove(caller: Caller, reference: string, options: { force: false }): Promise<{ untagged: string[] }>
}
export type Run = (
  body: CreateContainer,
  options: { key: string; owner: string | null; signal: AbortSignal }
) => Promise<{ id: string; name: string; url: string | null }>

type Options = {
  engine: EngineBuilder & Pick<EngineImages, 'inspectImage'> & Pick<EngineAvailability, 'status'>
  files: BuildFiles
  limits: Limits
  secrets: (id: string) => Promise<BuildSecrets>
  /** Of the request; kept in memory only. */
  credentials: (id: string) => Credentials | undefined
  images: Images
  rules: Pick<SourcePolicy, 'checkAgain' | 'checkTriggers' | 'isLimited'>
  run: Run
}

export function createStages({
  engine,
  files,
  limits,
  secrets,
  credentials,
  images,
  rules,
  run
}: Options): Record<StageName, StageTask> {
  async function build({ record, note, signal, say }: Job): Promise<void> {
    const { buildArgs } = await secrets(record.id)
    // It may have waited through a restart.
    const { needed: baseImages, all } = await rules.checkAgain(record, files.contextPath(record.id), buildArgs)
    const hide = withoutValues(buildArgs)
    const limit = createLimit(signal, limits, () => engine.status().available)
    const builder = builderFor(record)
    const spec = {
      id: record.id,
      builder,
      tags: record.references,
      dockerfile: record.dockerfile,
      buildArgs: builder === 'buildkit' ? { ...buildArgs, ...cacheOf(record) } : buildArgs,
      network: limits.network,
      cgroupParent: limits.cgroupParent,
      target: record.target ?? undefined,
      platform: record.platform ?? undefined,
      noCache: record.noCache
    }
    const steps: BuildStep[] = []
    note({ baseImages, builder, steps: [] })
    let context: Readable | undefined
    try {
      if (builder === 'classic') await engine.removeBuildContainers(record.id, record.createdAt)
      const caller = inPlaceOf(record)
      // Another caller may have taken a name since the submission, for example before a retry of a failed build.
      await images.take(caller, record.references)
      const here = await checkMayUse(caller, all)
      if (record.platform === null || rules.isLimited(record.owner))
        await fetchBaseImages(caller, baseImages, { here, platform: record.platform, signal: limit.signal, say })
      context = await openContext(files.contextPath(record.id))
      for await (const progress of engine.buildImage(spec, context, limit.signal)) {
        limit.renew()
        if ('line' in progress) await say(hide(progress.line))
        else if ('step' in progress) {
          steps[progress.step.number - 1] = { ...progress.step, name: hide(progress.step.name) }
          note({ steps: steps.slice() })
        } else note({ imageId: progress.imageId })
      }
    } catch (error) {
      note({ steps: steps.map((step) => (step.status === 'running' ? { ...step, status: 'failed' } : step)) })
      if (isAppError(error)) error.message = hide(error.message)
      throw limit.signal.aborted ? limit.signal.reason : error
    } finally {
      context?.destroy()
      limit.clear()
    }
  }

  /** The record may be from a time with other settings. */
  function builderFor({ builder }: BuildRecord): BuildSpec['builder'] {
    if (!holdsBuildKit(limits.cgroupParent)) return 'classic'
    return builder === 'auto' ? (engine.hasBuildKit() ? 'buildkit' : 'classic') : builder
  }

  /** To a builder, another token's image is like any other. Returns the images that are on this machine. */
  async function checkMayUse(caller: Caller, references: string[]): Promise<Map<string, ImageRecord>> {
    const here = new Map<string, ImageRecord>()
    for (const reference of references) {
      if (!parseReference(reference)) continue
      const image = await engine.inspectImage(reference)
      await images.checkMayUse(caller, reference, image)
      if (image) here.set(reference, image)
    }
    return here
  }

  /** The builder has no logins, so missing images are pulled for it with Berth's. */
  async function fetchBaseImages(
    caller: Caller,
    references: string[],
    {
      here,
      platform,
      signal,
      say
    }: { here: Map<string, ImageRecord>; platform: string | null; signal: AbortSignal; say: Job['say'] }
  ): Promise<void> {
    for (const reference of references) {
      const image = here.get(reference)
      if (!image) await say(`pulling ${reference}`)
      const found = image ?? (await images.find(caller, reference, { pull: 'missing', signal }))
      if (platform !== null && !isFor(platform, found)) throw unknownTriggers(reference, platform, found)
      await checkMayUse(caller, await rules.checkTriggers(reference, found, caller.tokenId))
    }
  }

  async function pushAll({ record, note, signal, say }: Job): Promise<void> {
    const own = credentials(record.id)
    if (record.hasOwnCredentials && !own)
      throw new AppError(
        'REGISTRY_UNAUTHORIZED',
        'The credentials of the request were lost when the server restarted. Send them again with POST /builds/{id}/retry.'
      )
    const pushed: BuildRecord['pushed'] = []
    note({ pushed: [] })
    for (const reference of record.references) {
      await checkIsBuilt(record, reference)
      await say(`pushing ${reference}`)
      const { digest, size, message } = await images.push(inPlaceOf(record), reference, {
        signal,
        credentials: own,
        // Counters are for a screen, not for a log.
        onProgress: ({ layer, status, totalBytes }) => {
          if (totalBytes === null) void say(layer === null ? status : `${layer}: ${status}`)
        }
      })
      await say(`pushed ${reference}: digest ${digest}, ${size} bytes. ${message}.`)
      pushed.push({ reference, digest, size })
      note({ pushed: [...pushed] })
    }
    if (!record.keepImage && record.run.status === 'skipped') await forgetImage(record)
  }

  /** The name may refer to another image by now, which must not be pushed or run. */
  async function checkIsBuilt({ imageId }: BuildRecord, reference: string): Promise<void> {
    const named = await engine.inspectImage(reference)
    if (imageId === null || named?.id === imageId) return
    const what = named ? 'names another image by now' : 'is no longer on this machine'
    throw new AppError('IMAGE_NOT_FOUND', `${reference} ${what}. Send it again as a new build.`)
  }

  async function forgetImage(record: BuildRecord): Promise<void> {
    for (const reference of record.references)
      await images.remove(inPlaceOf(record), reference, { force: false }).catch((error: unknown) => {
        // A container that was started in the meantime uses it, so it stays.
        if (!isAppError(error)) throw error
      })
  }

  async function runContainer({ record, note, signal, say }: Job): Promise<void> {
    const { run: body = {} } = await secrets(record.id)
    const image = record.references[0] ?? record.imageId ?? ''
    await checkIsBuilt(record, image)
    // The key ensures one container, however often this stage resumes.
    const key = `berth-build-${record.id}-${record.build.finishedAt}`
    const made = await run({ ...body, image, pull: 'never' }, { key, owner: record.owner, signal })
    note({ containerId: made.id, containerUrl: made.url })
    await say(`running ${made.name}${made.url === null ? '' : ` at ${made.url}`}`)
  }

  return { build: (job) => files.withContext(job.record.id, () => build(job)), push: pushAll, run: runContainer }
}

function isFor(platform: string, { os, architecture }: ImageRecord): boolean {
  return `${platform}/`.startsWith(`${os}/${architecture}/`)
}

/** The builder would pull the image for the other platform, whose triggers Berth has not read. */
function unknownTriggers(reference: string, platform: string, { os, architecture }: ImageRecord): AppError {
  return new AppError(
    'POLICY_REFUSED',
    `The base image ${reference} is here for ${os}/${architecture}, so Berth cannot check its triggers (ONBUILD) for ${platform}. Leave out platform.`
  )
}

/** BuildKit shares caches of `RUN --mount=type=cache` by their id alone, so each token has its own ids. */
function cacheOf({ owner, team = null }: BuildRecord): Record<string, string> {
  if (owner === null) return {}
  return { BUILDKIT_CACHE_MOUNT_NS: team === null ? owner : `team ${team}` }
}

/** Opened first: an address without a file must not look like an engine that does not answer. */
async function openContext(path: string): Promise<Readable> {
  const file = await open(path).catch((cause: unknown) => {
    throw new AppError('BUILD_FAILED', 'Its context is missing from the data folder. Submit a new build.', {
      cause
    })
  })
  return file.createReadStream({ highWaterMark: CONTEXT_CHUNK })
}

const CONTEXT_CHUNK = 256 * 1024

/** Aborts a build after its total or idle timeout, whether the build or the engine hangs. */
function createLimit(
  signal: AbortSignal,
  { totalMs, idleMs }: Pick<Limits, 'totalMs' | 'idleMs'>,
  doesEngineAnswer: () => boolean
) {
  const over = new AbortController()
  const end = (message: string) =>
    over.abort(
      doesEngineAnswer()
        ? new AppError('BUILD_TIMEOUT', message)
        : new AppError('ENGINE_UNAVAILABLE', 'The engine stopped answering in the middle of the build.')
    )
  const total = setTimeout(() => end(`It took longer than ${totalMs / 1000} seconds.`), totalMs)
  const idle = setTimeout(() => end(`It had no output for ${idleMs / 1000} seconds.`), idleMs)
  return {
    signal: AbortSignal.any([signal, over.signal]),
    renew: () => void idle.refresh(),
    clear: () => {
      clearTimeout(total)
      clearTimeout(idle)
    }
  }
}
