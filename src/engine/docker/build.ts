// Builds an image. BuildKit and the classic builder have the same endpoint and different output.

import type { Readable } from 'node:stream'
import { AppError } from '../../errors.ts'
import { brokenStream } from './broken-stream.ts'
import { createBuildKitReader, createClassicReader } from './build-steps.ts'
import type { BuildProgress, BuildSpec } from '../contract/builder.ts'
import { UnreadableAnswer } from './failures.ts'
import { plainText } from './translate-error.ts'
import { readProgress } from './progress.ts'
import type { EngineRequest } from './request.ts'
import type { ProgressFrame } from './schemas/streams.ts'

type OpenStream = (asked: Omit<EngineRequest, 'timeoutMs'> & { timeoutMs: number }) => Promise<Readable>

// The first answer comes after the context. The owner of the build limits its duration with the signal.
const UPLOAD_MS = 24 * 3_600_000

export async function* buildImage(
  stream: OpenStream,
  spec: BuildSpec,
  { context, mark, signal }: { context: Readable; mark: string | undefined; signal: AbortSignal }
): AsyncGenerator<BuildProgress> {
  const what = 'build the image'
  try {
    const chunks = await stream({
      method: 'POST',
      path: '/build',
      query: buildQuery(spec, mark),
      upload: context,
      what,
      timeoutMs: UPLOAD_MS,
      signal
    })
    try {
      const read = spec.builder === 'buildkit' ? createBuildKitReader() : createClassicReader()
      let running: string | undefined
      let failed: string | undefined
      const explain = (text: string) => buildFailure(text, failed ?? running)
      for await (const frame of readProgress(chunks, what, hasImage, explain)) {
        for (const progress of readable(() => read(frame))) {
          if ('step' in progress) {
            const { name, status } = progress.step
            // BuildKit also aborts the parallel steps, and reports them after the failed one.
            if (status === 'failed') failed ??= name
            if (spec.builder === 'classic') running = status === 'running' ? name : undefined
          }
          yield progress
        }
      }
    } finally {
      chunks.destroy()
    }
  } catch (error) {
    if (signal.aborted) throw error
    throw brokenStream(error, { what, isChange: true, away: 'The engine went away in the middle of the build.' })
  } finally {
    context.destroy()
  }
}

/** Only these options reach the builder: no remote contexts, no other network. */
function buildQuery(spec: BuildSpec, mark: string | undefined) {
  const { builder, tags, dockerfile, buildArgs, target, platform, noCache, network, cgroupParent } = spec
  return {
    version: builder === 'buildkit' ? '2' : '1',
    t: tags,
    dockerfile,
    rm: 1,
    forcerm: 1,
    buildargs: buildArgs,
    networkmode: network,
    ...(mark !== undefined && { extrahosts: mark }),
    ...(cgroupParent !== undefined && { cgroupparent: cgroupParent }),
    ...(noCache && { nocache: 1 }),
    ...(target !== undefined && { target }),
    ...(platform !== undefined && { platform })
  }
}

/** The classic builder names the image of every stage, and prints this after the last one. */
function hasImage({ id, stream }: ProgressFrame): boolean {
  return id === 'moby.image.id' || /^Successfully (built|tagged) /.test(stream ?? '')
}

function readable<T>(read: () => T): T {
  try {
    return read()
  } catch (cause) {
    throw new UnreadableAnswer("it has a trace that is not BuildKit's", { cause })
  }
}

/** The output of a build may look like any error, so only certain faults of this machine are recognized. */
function buildFailure(text: string, step: string | undefined): AppError {
  const said = plainText(text)
  if (/no space left on device|disk quota exceeded/i.test(text)) return new AppError('STORAGE_FULL', said)
  // Nobody requested this: it was stopped, or it removed leftovers of an earlier try of the same step.
  if (/(^|: )context canceled$/.test(text.trim()))
    return new AppError('ENGINE_UNAVAILABLE', 'The engine aborted the build.')
  return new AppError('BUILD_FAILED', step === undefined ? said : `${step}: ${said}`)
}
