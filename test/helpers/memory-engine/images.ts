// Images here and in the registries of a test.

import type { Engine } from '../../../src/engine/contract/engine.ts'
import type { ImageRecord } from '../../../src/engine/contract/images.ts'
import { AppError } from '../../../src/errors.ts'
import { image as imageRecord } from '../records.ts'
import type { State } from './state.ts'

export function imageCalls({ state, reach }: { state: State; reach: () => void }) {
  const { images: known, remote } = state

  /** By name, with or without its tag, or by id. */
  function findImage(reference: string): ImageRecord | undefined {
    const named = known.get(reference) ?? known.get(`${reference}:latest`)
    return named ?? [...known.values()].find(({ id }) => id === reference)
  }

  return {
    async inspectImage(reference) {
      reach()
      return findImage(reference)
    },

    async listImages(filter) {
      reach()
      const [name = '', value] = filter?.label?.split('=') ?? []
      const all = new Map([...known.values()].map((image) => [image.id, image]))
      return [...all.values()].filter(({ labels }) => filter?.label === undefined || labels[name] === value)
    },

    async pullImage(reference, transfer) {
      reach()
      transfer?.onProgress?.({ layer: 'abc', status: 'Downloading', currentBytes: 1, totalBytes: 2 })
      if (!remote.has(reference)) throw new AppError('REGISTRY_UNAVAILABLE', `Nobody has ${reference} for this test.`)
      known.set(reference, imageRecord({ tags: [reference] }))
    },

    async pushImage(reference, transfer) {
      reach()
      const image = known.get(reference)
      if (!image) throw new AppError('IMAGE_NOT_FOUND', `An image does not exist locally with the tag: ${reference}`)
      transfer?.onProgress?.({ layer: 'abc', status: 'Pushed', currentBytes: null, totalBytes: null })
      remote.add(reference)
      return { digest: image.id, sizeBytes: 528 }
    },

    async tagImage(source, target) {
      reach()
      const image = findImage(source)
      if (!image) throw new AppError('IMAGE_NOT_FOUND', `No such image: ${source}`)
      image.tags.push(target)
      known.set(target, image)
    },

    async removeImage(reference) {
      reach()
      const image = known.get(reference)
      if (!image) return { untagged: [], deleted: [] }
      known.delete(reference)
      image.tags = image.tags.filter((tag) => tag !== reference)
      return { untagged: [reference], deleted: image.tags.length === 0 ? [image.id] : [] }
    }
  } satisfies Partial<Engine>
}
