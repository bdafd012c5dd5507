// Calls about images. Pulls and pushes continue as long as they make progress, and stop with their caller.

import { AppError, cancellation, isAppError } from '../../errors.ts'
import { familiarName, parseReference, shortName } from '../../lib/reference.ts'
import { brokenStream } from './broken-stream.ts'
import { unlessGone, type Calls } from './calls.ts'
import type { EngineImages, Transfer } from '../contract/images.ts'
import { mapImage, mapImageSummary } from './map-image.ts'
import { createNews, createPullSuccess, mapTransfer, pushedImage, readProgress } from './progress.ts'
import { registryAuth } from './registry-auth.ts'
import { readImage, readImageRows, readRemovedImages } from './schemas/images.ts'
import { withoutText } from './translate-error.ts'
import type { ProgressFrame } from './schemas/streams.ts'
import type { EngineRequest } from './request.ts'

export type TransferLimits = { idleMs: number; totalMs: number }

/** `noteUnknown` gets errors inside the streams of pulls and pushes. */
type ImageCalls = Pick<Calls, 'ask' | 'change' | 'stream'> & { noteUnknown: (error: unknown) => void }

const LIST_TRIES = 5
const IMAGE_ID = /^(sha256:)?[0-9a-f]{1,64}$/
/** A missing image of a push is missing on this machine or at the registry. */
const NOT_HERE = /locally|no such image|tag does not exist|image not known/i

export const imageInspection = (reference: string) =>
  ({
    method: 'GET',
    path: `/images/${imagePath(reference)}/json`,
    what: `find the image ${reference}`,
    answer: readImage
  }) as const

export function createImageCalls(
  { ask, change, stream, noteUnknown }: ImageCalls,
  limits: TransferLimits
): EngineImages {
  /** Reads a pull or push to its end. Ending the stream makes the engine stop. */
  async function transfer(
    asked: Omit<EngineRequest, 'timeoutMs' | 'signal'>,
    { signal, onProgress }: Transfer,
    onFrame: (frame: ProgressFrame) => boolean
  ): Promise<void> {
    const tooLong = new AbortController()
    const giveUp = (why: string) =>
      tooLong.abort(
        new AppError('REGISTRY_TIMEOUT', `${why} when asked to ${asked.what}. Berth told the engine to stop.`)
      )
    const idle = setTimeout(() => giveUp(`No progress for ${limits.idleMs / 1000} seconds`), limits.idleMs)
    const total = setTimeout(() => giveUp(`${limits.totalMs / 1000} seconds were not enough`), limits.totalMs)
    const ended = signal ? AbortSignal.any([signal, tooLong.signal]) : tooLong.signal
    try {
      const chunks = await stream({ ...asked, timeoutMs: limits.totalMs, signal: ended })
      ended.addEventListener('abort', () => chunks.destroy(), { once: true })
      try {
        const isNews = createNews()
        for await (const frame of readProgress(chunks, asked.what, onFrame)) {
          if (!isNews(frame)) continue
          idle.refresh()
          const progress = mapTransfer(frame)
          if (progress) onProgress?.(progress)
        }
      } finally {
        chunks.destroy()
      }
    } catch (error) {
      noteUnknown(error)
      if (tooLong.signal.aborted) throw tooLong.signal.reason
      if (signal?.aborted) throw cancellation(signal)
      throw withoutText(brokenStream(error, { what: asked.what, isChange: true }), asked.what)
    } finally {
      clearTimeout(idle)
      clearTimeout(total)
    }
  }

  return {
    async inspectImage(reference) {
      const found = await unlessGone('IMAGE_NOT_FOUND', ask(imageInspection(reference)))
      return found && mapImage(found)
    },

    async listImages(filter) {
      const filters = filter?.label ? { label: [filter.label] } : {}
      const asked = { method: 'GET', path: '/images/json', what: 'list images', answer: readImageRows } as const
      const rows = await untilNoneVanishes(() => ask({ ...asked, query: { filters } }))
      return rows.map(mapImageSummary)
    },

    async pullImage(reference, options = {}) {
      const query = { fromImage: withTag(reference) }
      const headers = registryAuth(reference, options.login)
      const asked = { method: 'POST', path: '/images/create', query, headers, what: `pull ${reference}` } as const
      await transfer(asked, options, createPullSuccess())
    },

    async pushImage(reference, options = {}) {
      const parsed = parseReference(reference)
      if (!parsed || parsed.digest !== undefined)
        throw new AppError('INVALID_REQUEST', `"${reference}" is not a name that an image can be pushed under.`)
      const path = `/images/${imagePath(familiarName(parsed))}/push`
      const query = { tag: parsed.tag ?? 'latest' }
      const headers = registryAuth(reference, options.login)
      let pushed: ReturnType<typeof pushedImage>
      try {
        await transfer({ method: 'POST', path, query, headers, what: `push ${reference}` }, options, (frame) => {
          pushed ??= pushedImage(frame)
          return pushed !== undefined
        })
      } catch (error) {
        throw isAppError(error, 'IMAGE_NOT_FOUND') && !NOT_HERE.test(error.message)
          ? new AppError('REGISTRY_NOT_FOUND', error.message, { cause: error })
          : error
      }
      if (!pushed) throw new AppError('ENGINE_FAILED', `The engine did not say what it pushed as ${reference}.`)
      return pushed
    },

    async tagImage(source, target) {
      const parsed = parseReference(target)
      if (!parsed || parsed.digest !== undefined)
        throw new AppError('INVALID_REQUEST', `"${target}" is not a valid name for an image.`)
      const path = `/images/${imagePath(source)}/tag`
      const query = { repo: familiarName(parsed), tag: parsed.tag ?? 'latest' }
      await change({ method: 'POST', path, query, what: `give the image ${source} the name ${target}` })
    },

    async removeImage(reference, { force = false } = {}) {
      const path = `/images/${imagePath(reference)}`
      const query = force ? { force: 1 } : {}
      const rows = await unlessGone(
        'IMAGE_NOT_FOUND',
        change({ method: 'DELETE', path, query, what: `remove the image ${reference}`, answer: readRemovedImages })
      )
      return {
        untagged: (rows ?? []).flatMap(({ Untagged: name }) => (name ? shortName(name) : [])),
        deleted: (rows ?? []).flatMap(({ Deleted: id }) => (id ? wholeId(id) : []))
      }
    }
  }
}

/** Podman returns the bare digest here, and nowhere else. */
function wholeId(id: string): string {
  return /^[0-9a-f]{64}$/.test(id) ? `sha256:${id}` : id
}

/** With containerd's store, a list fails completely if one of its images is removed at the same time. */
async function untilNoneVanishes<T>(list: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await list()
    } catch (error) {
      if (!isAppError(error, 'IMAGE_NOT_FOUND') || tries === LIST_TRIES) throw error
    }
  }
}

/** Without a tag the engine would pull every tag of the repository. */
function withTag(reference: string): string {
  return /(:[^/]+|@[^/]+)$/.test(reference) ? reference : `${reference}:latest`
}

// The slashes and colons of a reference stay in the path; everything else is escaped. An invalid reference may be
// another path: the engine answers `a//b` and `a/../b` with a redirect, which its client would follow anywhere.
function imagePath(reference: string): string {
  if (!IMAGE_ID.test(reference) && !parseReference(reference))
    throw new AppError('INVALID_REQUEST', `"${reference}" is neither the name nor the id of an image.`)
  return reference.split('/').map(encodeURIComponent).join('/').replaceAll('%3A', ':').replaceAll('%40', '@')
}
