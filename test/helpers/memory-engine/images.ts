// Images here and in the registries of a test.

import type { Engine } from '../../../src/engine/contract/engine.ts'
import type { ImageRecord } from '../../../src/engine/contract/images.ts'
import { AppError } from '../../../src/errors.ts'
import { image as imageRecord } from '../records.ts'
import { shortName } from '../../../src/lib/reference.ts'
import type { State } from './state.ts'

const ID = /^[0-9a-f]{4,64}$/

export function imageCalls({ state, reach }: { state: State; reach: () => void }) {
  const { images: known, remote } = state

  /** By name in any spelling, by id or by an id prefix. */
  function findImage(reference: string): ImageRecord | undefined {
    const name = shortName(reference)
    const named = known.get(name) ?? known.get(`${name}:latest`)
    const isOf = (id: string) => id === reference || (ID.test(reference) && id.startsWith(`sha256:${reference}`))
    return named ?? [...known.values()].find(({ id }) => isOf(id))
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
      const before = known.get(target)
      if (before) before.tags = before.tags.filter((tag) => tag !== target)
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
