// Reads the streams of pull, build and push. Their status is 200 even if they fail: an `errorDetail` line is a failure, and so
// is a stream that ends without a success message.

import { AppError } from '../../errors.ts'
import type { PushedImage, TransferProgress } from '../contract/images.ts'
import { readJsonLines } from './json-lines.ts'
import { readProgressFrame, type ProgressFrame } from './schemas/streams.ts'
import { plainText, translateStreamError } from './translate-error.ts'

/** Yields every frame; throws at a frame that reports an error, and at the end when no frame satisfied `isSuccess`. */
export async function* readProgress(
  chunks: AsyncIterable<Uint8Array>,
  what: string,
  isSuccess: (frame: ProgressFrame) => boolean,
  translate: (text: string) => AppError = (text) => translateStreamError(text, what)
): AsyncGenerator<ProgressFrame> {
  let succeeded = false
  for await (const frame of readJsonLines(chunks, readProgressFrame)) {
    const failure = frame.errorDetail?.message ?? frame.error
    if (typeof failure === 'string') throw translate(failure)
    succeeded ||= isSuccess(frame)
    yield frame
  }
  if (!succeeded) throw new AppError('ENGINE_FAILED', `The engine stopped answering before it could ${what}.`)
}

const PODMAN_PULLED = /^(Download complete|Already exists)$/

/** Docker begins with "Pulling from" and ends with "Status:". Podman has neither, only the progress of layers. */
export function createPullSuccess(): (frame: ProgressFrame) => boolean {
  let isDocker = false
  return (frame) => {
    const status = frame.status ?? ''
    isDocker ||= status.startsWith('Pulling from')
    return isDocker ? status.startsWith('Status: ') : PODMAN_PULLED.test(status)
  }
}

const PUSHED = /^\S+: digest: (sha256:[0-9a-f]{64}) size: (\d+)$/

/** A push ends with the digest of its manifest or index, in the text with Docker, in a field with Podman. */
export function pushedImage({ status, aux }: ProgressFrame): PushedImage | undefined {
  const said = PUSHED.exec(status ?? '')
  if (said?.[1]) return { digest: said[1], sizeBytes: Number(said[2]) }
  const { Digest: digest, Size: sizeBytes } = (aux ?? {}) as { Digest?: unknown; Size?: unknown }
  if (typeof digest !== 'string' || !/^sha256:[0-9a-f]{64}$/.test(digest)) return undefined
  return { digest, sizeBytes: typeof sizeBytes === 'number' ? sizeBytes : 0 }
}

/** The progress in a frame, for a layer or in total. Undefined if it has nothing to show. */
export function mapTransfer({ id, status, progressDetail }: ProgressFrame): TransferProgress | undefined {
  if (!status) return undefined
  return {
    layer: typeof id === 'string' ? plainText(id) : null,
    status: plainText(status),
    currentBytes: progressDetail?.current ?? null,
    totalBytes: progressDetail?.total ?? null
  }
}

/** Whether a frame differs from the last one of its layer. A waiting engine repeats itself ten times a second. */
export function createNews(): (frame: ProgressFrame) => boolean {
  const last = new Map<unknown, string>()
  return ({ id, status, progressDetail, aux }) => {
    const said = JSON.stringify([status, progressDetail, aux])
    const isNew = last.get(id) !== said
    last.set(id, said)
    return isNew
  }
}
