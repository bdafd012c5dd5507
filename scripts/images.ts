import type { Readable } from 'node:stream'
import type Docker from 'dockerode'
import { readProgress } from '../src/engine/docker/progress.ts'
import type { ProgressFrame } from '../src/engine/docker/schemas/streams.ts'

export type FoundImage = { id: string; labels: Record<string, string> }

/** Undefined if there is no such image. */
export async function find(docker: Docker, image: string): Promise<FoundImage | undefined> {
  try {
    const { Id: id, Config } = await docker.getImage(image).inspect()
    return { id, labels: Config.Labels ?? {} }
  } catch (error) {
    if (error instanceof Error && 'statusCode' in error && error.statusCode === 404) return undefined
    throw error
  }
}

/** Reads the answer to a build, pull or import. Rejects if a frame reports a failure, or if none reports success. */
export async function readToEnd(
  answer: NodeJS.ReadableStream,
  what: string,
  onFrame: (frame: ProgressFrame) => void = () => {}
): Promise<void> {
  for await (const frame of readProgress(answer as Readable, what, isSuccess)) onFrame(frame)
}

function isSuccess({ aux, status, stream }: ProgressFrame): boolean {
  return (
    aux !== undefined || /^(Status: |Digest: |sha256:)/.test(status ?? '') || (stream ?? '').startsWith('Successfully ')
  )
}
