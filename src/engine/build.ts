// Building an image. BuildKit and the classic builder are asked at the same address and answer in different words.

import type { Readable } from 'node:stream'
import { AppError } from '../errors.ts'
import { createBuildKitReader, createClassicReader } from './build-steps.ts'
import type { BuildProgress, BuildSpec } from './engine.ts'
import { plainText } from './translate-error.ts'
import { readProgress, type ProgressFrame } from './progress.ts'
import type { EngineRequest } from './request.ts'

type OpenStream = (asked: Omit<EngineRequest, 'timeoutMs'> & { timeoutMs: number }) => Promise<Readable>

// The first answer comes when the context has arrived; how long a build may take is its owner's to say, with the signal.
const UPLOAD_MS = 24 * 3_600_000

export async function* buildImage(
  stream: OpenStream,
  spec: BuildSpec,
  context: Readable,
  signal: AbortSignal
): AsyncGenerator<BuildProgress> {
  const what = 'build the image'
  try {
    const chunks = await stream({
      method: 'POST',
      path: '/build',
      query: buildQuery(spec),
      upload: context,
      what,
      timeoutMs: UPLOAD_MS,
      signal
    })
    try {
      const read = spec.builder === 'buildkit' ? createBuildKitReader() : createClassicReader()
      let failed: string | undefined
      for await (const frame of readProgress(chunks, what, hasImage, (text) => buildFailure(text, failed))) {
        for (const progress of read(frame)) {
          if ('step' in progress && progress.step.status !== 'completed') failed = progress.step.name
          yield progress
        }
      }
    } finally {
      chunks.destroy()
    }
  } catch (error) {
    if (error instanceof AppError || signal.aborted) throw error
    throw new AppError('ENGINE_UNAVAILABLE', 'The engine went away in the middle of the build.', { cause: error })
  } finally {
    context.destroy()
  }
}

/** Only what is named here reaches the builder: no remote contexts, no other network, no host names, no cgroup parents. */
function buildQuery({ builder, tags, dockerfile, buildArgs, target, platform, noCache, network }: BuildSpec) {
  return {
    version: builder === 'buildkit' ? '2' : '1',
    t: tags,
    dockerfile,
    rm: 1,
    forcerm: 1,
    buildargs: buildArgs,
    networkmode: network,
    ...(noCache && { nocache: 1 }),
    ...(target !== undefined && { target }),
    ...(platform !== undefined && { platform })
  }
}

function hasImage({ aux, stream }: ProgressFrame): boolean {
  const hasId = typeof aux === 'object' && aux !== null && 'ID' in aux
  return hasId || /^Successfully (built|tagged) /.test(stream ?? '')
}

/** A build's own words may sound like anybody's, so that only what is sure to be about this machine is told apart. */
function buildFailure(text: string, step: string | undefined): AppError {
  const said = plainText(text)
  if (/no space left on device|disk quota exceeded/i.test(text)) return new AppError('STORAGE_FULL', said)
  return new AppError('BUILD_FAILED', step === undefined ? said : `${step}: ${said}`)
}
